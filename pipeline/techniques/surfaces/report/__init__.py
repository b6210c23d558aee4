"""What is shown of surfaces: tables, sections with their figures, the key row, methods."""

from pipeline.core.technique import Report
from pipeline.techniques.surfaces.report.key import KEY
from pipeline.techniques.surfaces.report.methods import describe_methods
from pipeline.techniques.surfaces.report.rows import surface_tables
from pipeline.techniques.surfaces.report.section import surface_sections

REPORT = Report(tables=surface_tables, sections=surface_sections, methods=describe_methods, key=KEY)
