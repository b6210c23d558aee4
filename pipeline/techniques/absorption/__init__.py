"""X-ray absorption: scans of an edge -> merged mu(E), chi(k), shells, distortion."""
