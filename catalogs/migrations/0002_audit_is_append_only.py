from django.db import migrations

ONLY_ADD = """
CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Audit records are only ever added.';
END $$;
CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON catalogs_auditrecord
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
"""
AS_BEFORE = """
DROP TRIGGER audit_is_append_only ON catalogs_auditrecord;
DROP FUNCTION audit_is_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("catalogs", "0001_initial")]
    operations = [migrations.RunSQL(ONLY_ADD, AS_BEFORE)]
