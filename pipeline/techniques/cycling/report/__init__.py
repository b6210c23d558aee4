"""What is shown of cycling: tables, sections with their figures, the key row, methods."""

from pipeline.core.technique import Report
from pipeline.techniques.cycling.report.key import KEY
from pipeline.techniques.cycling.report.methods import describe_methods
from pipeline.techniques.cycling.report.rows import cycling_tables
from pipeline.techniques.cycling.report.section import cycling_sections

REPORT = Report(tables=cycling_tables, sections=cycling_sections, methods=describe_methods, key=KEY)
