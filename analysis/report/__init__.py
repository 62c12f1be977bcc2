"""The report of a lab: exhibits, findings in words, and the page that holds them.

Begin at `report.write_report`. Imports every other room of analysis/ but the studies."""
