from django.urls import path

from . import activity, business, canned, credits, keys, providers, public_page, tags, team, who_answers

urlpatterns = [
    path("", business.first, name="settings"),
    path("business/", business.business, name="settings_business"),
    path("who-answers/", who_answers.who_answers, name="settings_who"),
    path("look/", business.look, name="settings_look"),
    path("team/", team.team, name="settings_team"),
    path("team/members/<uuid:uuid>/", team.change_member, name="member_change"),
    path("team/invitations/<uuid:uuid>/", team.revoke, name="invitation_revoke"),
    path("keys/", keys.keys, name="settings_keys"),
    path("keys/<uuid:uuid>/", keys.change, name="key_change"),
    path("providers/", providers.listing, name="settings_providers"),
    path("providers/new/<slug:slug>/", providers.new, name="provider_new"),
    path("providers/test/<slug:slug>/", providers.test_new, name="provider_test_new"),
    path("providers/<int:pk>/", providers.edit, name="provider"),
    path("providers/<int:pk>/test/", providers.test, name="provider_test"),
    path("providers/<int:pk>/change/", providers.change, name="provider_change"),
    path("credits/", credits.credits_and_usage, name="settings_credits"),
    path("page/", public_page.public_page, name="settings_page"),
    path("page/edit/", public_page.edit, name="settings_page_edit"),
    path("tags/", tags.tags, name="settings_tags"),
    path("tags/<uuid:uuid>/", tags.change, name="tag_change"),
    path("tags/deleted/tag/<uuid:uuid>/", tags.restore, name="tag_restore"),
    path("replies/", canned.replies, name="settings_canned"),
    path("replies/<uuid:uuid>/", canned.change, name="canned_change"),
    path("replies/deleted/reply/<uuid:uuid>/", canned.restore, name="canned_restore"),
    path("activity/", activity.activity, name="settings_activity"),
]
