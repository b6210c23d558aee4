"""A scan -> its edge recognised, its glitches masked, its detectors judged."""
