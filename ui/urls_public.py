from django.conf import settings
from django.urls import URLPattern, path

from ui.views import (
    account,
    apps,
    invitations,
    join,
    landing,
    mail,
    mail_domains,
    organizations,
    seeing_as,
    sessions,
)

app_name = "platform"
urlpatterns: list[URLPattern] = [
    path("", landing.landing, name="landing"),
    path("organizations/", organizations.organizations, name="organizations"),
    path("organizations/new/", organizations.new, name="organization-new"),
    path("organizations/<slug:slug>/keep/", organizations.keep, name="organization-keep"),
    path("organizations/<slug:slug>/join/", mail_domains.join, name="organization-join"),
    path("organizations/slug", organizations.slug, name="slug"),
    path("seeing-as/end/", seeing_as.end, name="seeing-as-end"),
    path("join/", join.join, name="join"),
    path("invitation/", invitations.invitation, name="invitation"),
    path("second-factor/<slug:slug>/", invitations.second_factor, name="second-factor"),
    path("account/", account.account, name="account"),
    path("account/sites/end/", account.site_end, name="site-end"),
    path("account/apps/end/", apps.end, name="app-end"),
    path("account/sessions/", sessions.sessions, name="sessions"),
    path("account/sessions/<int:id>/end/", sessions.end, name="session-end"),
]
if settings.DEVELOPMENT:
    urlpatterns.append(path("mail/", mail.mail, name="mail"))
