"""Physics that techniques share: pure functions of numbers."""
