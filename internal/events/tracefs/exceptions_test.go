package tracefs_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// This file is the one list of what the recordings hold and this package
// does not reproduce, with the reason.

// unlookedAt are groups whose events the recorder did not look up: its
// pattern for directory names had no '-'.
var unlookedAt = map[string]string{
	"o-o": "the recording has no format, enable or trace for a group with '-'",
}

// exception is text that is not compared.
type exception struct {
	pattern *regexp.Regexp
	reason  string
}

func except(pattern, reason string) exception {
	return exception{regexp.MustCompile(pattern), reason}
}

func excused(list []exception, text string) (string, bool) {
	for _, e := range list {
		if e.pattern.MatchString(text) {
			return e.reason, true
		}
	}
	return "", false
}

// notOurs are commands whose result another part of the program decides.
// Trace lines in their output are compared all the same.
var notOurs = []exception{
	except(`^run `, "the program's output and status: package uprobes and the machine"),
	except(`^tr_( \|.*)?$`, "which events fire, and when: the engines; each line's form is compared"),
	except(`^cat \$T/trace$`, "the same; header and lines are compared"),
	except(`^clr$|^echo 1 > \$T/tracing_on$|^cat \$T/tracing_on$|buffer_size_kb`, "the ring buffer"),
	except(`^echo .* > \$T/events/\w+/\w+/(trigger|filter)(; echo rc=\$\?)?$`, "event filters and triggers are no part of probe events"),
	except(`^cat \$T/events/\w+/\w+/(trigger|filter|hist)$`, "the same"),
	except(`^echo .*> \$T/set_event_pid$`, "the same"),
	except(`^ls \$T/events/\w+/\w+$`, "the files of an event's directory are tracefs's, the same for all events"),
	except(`^echo [\w-]+ > \$T/trace_(options|clock); `, "trace options; lines and headers in the output are compared"),
	except(`^echo [014]+ > \$T/(tracing_on|options/overwrite); `, "the ring buffer"),
	except(`^cat \$T/trace_clock$`, "trace clocks"),
	except(`^test \$\(tr_`, "how many events fire in a time"),
	except(`^cat /sys/kernel/debug/kprobes/enabled$`, "the switch of all kprobes: package kprobes"),
	except(`kprobes/blacklist`, "the blacklist is an input here, from blacklist.names"),
}

// notOursInDmesg are lines of the kernel's log that other parts write.
var notOursInDmesg = []exception{
	except(`^uprobe: omit uretprobe`, "nested return probes: package uprobes"),
	except(`executable stack$`, "the program's own start: package linux"),
	except(`^ref_ctr `, "counting in the program's memory: package uprobes"),
}

// otherTraceForms are trace options that print a form of line which this
// package does not have.
var otherTraceForms = []exception{
	except(`echo latency-format`, "latency format: times relative to the neighbouring lines"),
	except(`echo (raw|hex) `, "raw and hex show the buffer, not the event"),
}

// otherTraceLines are lines that are no record of a probe, or not a whole one.
var otherTraceLines = []exception{
	except(`<stack trace>$`, "the stacktrace trigger's record"),
	except(`__probe_ip=`, "6.12's trace option fields, which 6.1 refuses"),
	except(`fd=PTR`, "the recorder replaced a pointer"),
	except(`ban="%s version`, "a string with a newline, of which the recorder kept the first line; TestE6_SymbolStringRunsOn has it"),
}

// choices612 are the commands, by session, to which 6.12 answers otherwise
// than 6.1, which is what is modelled. An entry that does not differ fails.
var choices612 = map[string][]exception{
	"k_basic.txt": {
		except(`kprobes/list`, "probes on a function's start move behind its endbr64: other addresses and order"),
	},
	"k_boundary.txt": {
		except(`^for i in|kprobes/list`, "vfs_read starts with endbr64 and has its instructions elsewhere"),
	},
	"k_names.txt": {
		except(`vfs_read\+5|vfs_write\+0x5|^elog$|^cat |^ls `, "vfs_read+5 and vfs_write+5 are no boundaries there, so these events do not exist"),
	},
	"k_refuse.txt": {
		except(`no_such_symbol`, "an unknown symbol is EINVAL"),
		except(`copy_user_generic_unrolled|^kernel log$`, "the function is no more"),
		except(`vfs_read\+0x100000`, "no boundary there"),
		except(`r:o/x25|z29 `, "$argN is allowed in return probes, and where it is not has its own message"),
		except(`p10:o/z33`, "another message"),
		except(`o/s49`, "the caret of a bad array stands at the '['"),
		except(`^cat \$T/kprobe_events$`, "the events that 6.1 refuses"),
	},
}

// notVaried are operations of testdata/variations after which a session is
// not looked at.
var notVaried = []exception{
	except(`^d "[es]:`, "dynamic_events also makes event probes and synthetic events, which are no probes on code"),
	except(`^u "r:o/x /t/fa64:0x10b9 (-120\(-u8\(%sp|\+-8\(\$stack\))`, "the word below the stack pointer is where the kernel hid the return address, which the test's memory does not show"),
	except(`^u "r:o/x /t/fa64:0x10b9 .*\+(4|16)\(%ip\):u`, "the program's text with the breakpoint in it"),
	except(`^u "r:o/x /t/fa32.*\$stack4294967295`, "the word below the stack pointer, again"),
}

// TestExceptionsAreUsed keeps the lists short: every entry excuses something.
func TestExceptionsAreUsed(t *testing.T) {
	var text string
	for _, file := range recordings(t) {
		for _, s := range readScripts(t, file) {
			for _, st := range s.steps {
				text += st.command + "\n" + st.output
			}
			for _, line := range s.dmesg {
				text += line + "\n"
			}
		}
	}
	for _, file := range []string{"fetch/fa32", "fetch/fa64", "fetch_k32/fa32"} {
		data, err := os.ReadFile("../testdata/" + file + ".txt.dmesg")
		require.NoError(t, err)
		text += string(data)
	}
	for _, list := range [][]exception{notOurs, notOursInDmesg, otherTraceForms, otherTraceLines} {
		for _, e := range list {
			re := regexp.MustCompile(`(?m)` + e.pattern.String())
			assert.True(t, re.MatchString(text), "nothing is excused by %s", e.pattern)
		}
	}
}

func TestVariationExceptionsAreUsed(t *testing.T) {
	used := map[string]bool{}
	for _, file := range variations {
		_, list := readVariations(t, file)
		for _, v := range list {
			for _, op := range v.ops {
				if reason, ok := excused(notVaried, op); ok {
					used[reason] = true
				}
			}
		}
	}
	for _, e := range notVaried {
		assert.True(t, used[e.reason], "nothing is excused by %s", e.pattern)
	}
}
