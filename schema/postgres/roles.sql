-- The roles of the shared cache, made where they are missing; runs before every step of 0001 and later.
-- kanban_owner owns everything, and policies do not bind an owner: whoever takes the steps has it as long as that
-- transaction lasts, and is an administrator among others then. The other three are granted to logins:
-- `GRANT kanban_reader TO alice`.
DO $$
DECLARE
  role text;
BEGIN
  FOREACH role IN ARRAY ARRAY['kanban_owner', 'kanban_reader', 'kanban_writer', 'kanban_admin'] LOOP
    BEGIN
      IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname = role) THEN
        EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT', role);
      END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; -- Another init, of another database.
    END;
  END LOOP;
  -- Who may write may take on the lesser role, in which every question is asked.
  IF NOT pg_catalog.pg_has_role('kanban_admin', 'kanban_reader', 'MEMBER') THEN
    GRANT kanban_reader TO kanban_writer;
    GRANT kanban_writer TO kanban_admin;
  END IF;
  -- Who owns the tables may also ask and publish.
  IF NOT pg_catalog.pg_has_role('kanban_owner', 'kanban_admin', 'MEMBER') THEN
    GRANT kanban_admin TO kanban_owner;
  END IF;
  -- Whoever makes a role may grant it, and from version 16 on has to, before it may take it on.
  IF NOT (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user) THEN
    BEGIN
      EXECUTE format('GRANT kanban_admin TO %I', current_user);
    EXCEPTION WHEN insufficient_privilege THEN NULL; -- It was granted by who made it, or is not needed.
    END;
    BEGIN
      PERFORM pg_catalog.set_config('role', 'kanban_owner', true);
      PERFORM pg_catalog.set_config('role', 'none', true);
    EXCEPTION WHEN insufficient_privilege THEN
      BEGIN
        EXECUTE format('GRANT kanban_owner TO %I', current_user);
        PERFORM pg_catalog.set_config('kanban.lent', 'yes', true); -- steps.rs takes it back.
      EXCEPTION WHEN insufficient_privilege THEN NULL; -- The next step tells.
      END;
    END;
  END IF;
  EXECUTE format('GRANT CREATE ON DATABASE %I TO kanban_owner', current_database());
  -- Supabase: who is logged in reads as a member; who is not has no role here.
  IF EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname = 'authenticated') THEN
    GRANT kanban_reader TO authenticated;
  END IF;
END $$;
