"""One room per technique, with the same doors: technique, study, model, read, check, fit, summarize, report."""
