"""Django's PostgreSQL, whose connections are looked at without asking (settings.DATABASES)."""
