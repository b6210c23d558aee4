"""summaries -> things people open; sees model/ only, so a report is rebuilt without refitting."""
