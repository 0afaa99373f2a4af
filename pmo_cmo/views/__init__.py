"""What belongs to no single app: home, search, errors, and addresses for machines."""
