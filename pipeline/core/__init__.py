"""What knows no technique: the contract, the one loop, values, the study, running at scale, the page."""
