"""What people see of people, and the gate before what only members may do."""
