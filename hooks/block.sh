# >>> kanban @HOOK@ @KIND@ >>>
# Tells kanban, in the background, that git has changed files; `kanban hooks uninstall` takes it out.
if [ -n "${KANBAN_HOOK_PROBE-}" ]; then
  echo "kanban-hook @HOOK@ $KANBAN_HOOK_PROBE"
  exit 0
fi
@WHEN@( {
  trap '' HUP
  if [ -x @PROGRAM@ ]; then exec @PROGRAM@ refresh --hook @HOOK@; fi
  exec kanban refresh --hook @HOOK@
} & ) </dev/null >/dev/null 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- || :
# <<< kanban @HOOK@ <<<
