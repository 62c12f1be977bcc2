// Rows of the lab as a view's state, wherever they come from.

import { useEffect, useState } from "preact/hooks";

/** A hook that gives {data, error} of a path, loaded anew when it changes. */
export const rowsBy = (load) => (path) => {
  const [state, setState] = useState({});
  useEffect(() => {
    let wanted = true;
    setState({});
    load(path).then(
      (data) => wanted && setState({ data }),
      (error) => wanted && setState({ error: error.message }),
    );
    return () => (wanted = false);
  }, [path]);
  return state;
};

/** Hand a file to the browser, from an address. */
export function download(name, url) {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  if (url.startsWith("blob:")) setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
