"""Who may use the routes of project teams: the rows of the policy, by who they are for."""

from collections.abc import Mapping

TEAMS: Mapping[str, str] = {
    "GET /api/v1/projects": "people",
    "POST /api/v1/projects": "keepers",
    "GET /api/v1/projects/figures": "people",
    "GET /api/v1/projects/members": "people",
    "POST /api/v1/projects/members": "keepers",
    "GET /api/v1/projects/near": "people",
    "GET /api/v1/projects/sites.geojson": "people",
    "POST /api/v1/projects/sites/import": "keepers",
    "GET /api/v1/projects/{project}": "people",
    "POST /api/v1/projects/{project}/sites": "keepers",
    "POST /api/v1/projects/{project}/posts": "keepers",
    "POST /api/v1/projects/{project}/posts/{post}/end": "keepers",
    "POST /api/v1/projects/{project}/end": "keepers",
}
"""The routes, each for people or keepers in the district."""
