"""BioLogic EC-Lab: .mpt and .mpr -> tables."""
