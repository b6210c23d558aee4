"""measurement -> checked: findings and masks, never silent deletion."""
