"""Pages of who runs the platform: Django's admin, which shows, and writes by our verbs alone."""

from tenants.models import AuditRecord, Organization, Plan, User
from ui.operators.organizations import OrganizationAdmin
from ui.operators.people import PersonAdmin
from ui.operators.plans import PlanAdmin
from ui.operators.records import RecordAdmin
from ui.operators.site import OperatorSite

site = OperatorSite(name="admin")
site.register(Organization, OrganizationAdmin)
site.register(User, PersonAdmin)
site.register(Plan, PlanAdmin)
site.register(AuditRecord, RecordAdmin)
