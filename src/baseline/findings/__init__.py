"""What anybody found in an account: one model for audit tools, GuardDuty and Config."""
