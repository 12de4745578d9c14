# The test command; read by ./tracewell. Suites in order: web interface (Vitest), Java (JUnit: units, real engine,
# real SDKs, crashes), real browser (node:test). Every suite writes JUnit XML; the summary is counted from those.

results="$home/.tracewell/test-results"

test_usage() {
  cat <<'TXT'
./tracewell test [--all] [--suite ui|java|browser]
  --all    also what takes long: version matrices of SDKs, soaks, more crashes, fuzzing
  --suite  only one suite
TXT
}

# suite NAME BUDGET_SECONDS COMMAND...: runs it under its time budget and remembers that it failed.
suite() {
  name=$1
  budget=$2
  shift 2
  say ""
  say "== $name (at most $((budget / 60)) minutes)"
  began=$(date +%s)
  if timeout -k 20 "$budget" "$@"; then verdict=passed; else
    verdict="failed (exit $?)"
    failed_suites="$failed_suites $name"
  fi
  say "== $name $verdict in $(($(date +%s) - began)) s"
}

# Prints tests, failures, skipped of the JUnit XML files below the folders given, and a line for each skip or failure.
summary() {
  find "$@" -name '*.xml' 2>/dev/null | sort | while read -r file; do cat "$file"; echo; done | tr '\n' ' ' | sed 's/<testcase/\n<testcase/g; s/<\/testsuite>/\n/g' |
    awk '
      function attribute(text, name,   at) {
        if (match(text, "[ ]" name "=\"[^\"]*\"") == 0) return ""
        return substr(text, RSTART + length(name) + 3, RLENGTH - length(name) - 4)
      }
      /^<testcase/ {
        head = $0; sub(/>.*/, ">", head)
        title = attribute(head, "classname") " " attribute(head, "name")
        total++
        if ($0 ~ /<(failure|error)[ >\/]/) { failed++; print "FAILED   " title }
        else if ($0 ~ /<skipped/) {
          skipped++
          why = $0; sub(/.*<skipped/, "<skipped", why); why = attribute(why, "message")
          sub(/^[a-zA-Z.]*TestAbortedException: /, "", why); sub(/^Assumption failed: /, "", why)
          print "skipped  " title ": " (why == "" ? "no reason given" : why)
        }
      }
      END { printf "%d passed, %d failed, %d skipped\n", total - failed - skipped, failed, skipped; exit failed > 0 }'
}

# The browser tests need a chromium; Debian has one. Where it can't be installed, they are skipped and say so.
ensure_chromium() {
  for candidate in chromium chromium-browser google-chrome; do
    command -v "$candidate" >/dev/null 2>&1 && return 0
  done
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    say "Installing chromium for the browser tests"
    (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium) >"$results/chromium.log" 2>&1 ||
      say "chromium could not be installed; see $results/chromium.log"
  fi
  return 0
}

ui_tests() {
  (cd "$home/ui" && npm run --silent lint && npm run --silent test -- --reporter=default --reporter=junit --outputFile.junit="$results/ui/vitest.xml")
}

java_tests() {
  mvn -B -f "$home/pom.xml" verify --fail-at-end -Dstyle.color=never -Dorg.slf4j.simpleLogger.log.org.apache.maven=warn "$@"
}

browser_tests() {
  (cd "$home/ui" && node --test --test-concurrency=1 --test-reporter=spec --test-reporter-destination=stdout \
    --test-reporter=junit --test-reporter-destination="$results/browser/browser.xml" e2e/*.test.mjs)
}

run_tests() {
  all=""
  only=""
  while [ $# -gt 0 ]; do
    case "$1" in
      --all) all=yes ;;
      --suite)
        shift
        only=${1:-}
        ;;
      --help | -h)
        test_usage
        return 0
        ;;
      *)
        test_usage >&2
        die "there is no option '$1' of test."
        ;;
    esac
    shift
  done
  case "$only" in "" | ui | java | browser) ;; *) die "there is no suite '$only'; there are ui, java and browser." ;; esac
  failed_suites=""
  rm -rf "$results"
  mkdir -p "$results/ui" "$results/browser"
  find "$home" -path '*/target/surefire-reports/*' -name '*.xml' -not -path '*/node_modules/*' -delete 2>/dev/null || true
  build_tools
  export TRACEWELL_HOME="$home"
  # A function can't run under timeout; a shell that reads this file can.
  run_suite() { suite "$1" "$2" sh -c 'set -eu; home=$1; results=$2; say() { printf "%s\n" "$*" >&2; }; . "$home/.ci/tests.sh"; results=$2; shift 2; "$@"' sh "$home" "$results" "$3" ${4:-}; }
  [ -n "$only" ] && [ "$only" != ui ] || run_suite ui 300 ui_tests
  if [ -z "$only" ] || [ "$only" = java ]; then
    if [ -n "$all" ]; then run_suite java 7200 java_tests -Dtest.excluded=none; else run_suite java 1500 java_tests; fi
  fi
  if [ -z "$only" ] || [ "$only" = browser ]; then
    build
    ensure_chromium
    run_suite browser 420 browser_tests
  fi
  say ""
  say "== Summary"
  counted=0
  summary "$results" "$home"/*/target/surefire-reports || counted=1
  if [ -n "$failed_suites" ] || [ "$counted" != 0 ]; then
    die "failed:${failed_suites:- see above}"
  fi
}
