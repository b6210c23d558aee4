"""What the page says, section by section: each function turns a part of the summary into blocks."""
