"""What an account is used for: scenarios, transfers of land, project units. Method: docs/methods/{scenario,vep}.md."""
