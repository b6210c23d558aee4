"""What is shown of absorption: tables, a section with its figures, methods, cells of the key table, archive."""

from pipeline.core.technique import Report
from pipeline.techniques.absorption.model import AbsorptionSummary
from pipeline.techniques.absorption.report.archive import ARCHIVE_KINDS, archive_files
from pipeline.techniques.absorption.report.key import KEY
from pipeline.techniques.absorption.report.methods import describe_methods
from pipeline.techniques.absorption.report.rows import absorption_tables
from pipeline.techniques.absorption.report.section import absorption_sections

REPORT: Report[AbsorptionSummary] = Report(
    tables=absorption_tables,
    sections=absorption_sections,
    methods=describe_methods,
    key=KEY,
    archive=archive_files,
    archive_kinds=ARCHIVE_KINDS,
)
