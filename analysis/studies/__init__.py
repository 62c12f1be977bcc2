"""Tables and figures of single studies beyond the reproduction, one or two files each.

Imports every room of analysis/ but the report."""
