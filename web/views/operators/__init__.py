"""The desk of those who run 绿宝: funds, campaigns, grants, deliveries."""
