"""Forms: what curators fill in, and what members suggest."""
