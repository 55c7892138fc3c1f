package course

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"
)

// The what-if questions that need a change of the machine are answered in the UI by the keys
// that they name.
func TestWhatIfByKeys(t *testing.T) {
	for _, c := range []struct {
		lesson string
		keys   []string
		shows  string // on a screen of 120 by 40
	}{
		{"the-life-of-a-hit", []string{"t", "X", "target", "enter", "f", "$", "%TF 0", "enter", "g", "9999", "enter", "$", "print post(entry)", "enter"}, "post(entry) = 0x0 (0)"},
		{"interrupt-flags", []string{"X", "disarm_kprobe", "enter", "f", "$", "u32[kprobe_saved_eflags] 0x200", "enter", "X", "at_cli+1", "enter", "f", "f", "$", "print %IF", "enter"}, "%IF = 0x1 (1)"},
		{"rep", []string{"X", "target", "enter", "f", "$", "%ecx 0", "enter", "g", "9999", "enter", "$", "print hits(copy)", "enter"}, "hits(copy) = 0x1 (1)"},
		{"the-prober-probed", []string{"$", "u8[do_int3] 0x55", "enter", "g", "99999", "enter"}, "task finished"},
		{"the-way-back", []string{"X", "half+2", "enter", "f", "$", "u32[%esp] odd", "enter", "g", "9999", "enter", "$", "cat kprobe_profile", "enter"}, " 1 0"},
		{"newest-first", []string{"$", "%eax 5", "enter", "g", "9999", "enter", "$", "print %eax", "enter"}, "(5321)"},
		{"a-jump-is-not-stepped", []string{"X", "taken", "enter", "f", "$", "%ZF 1", "enter", "g", "9999", "enter", "$", "print hits(call)", "enter"}, "hits(call) = 0x1 (1)"},
		{"one-process-only", []string{"X", "child_once", "enter", "f", "$", "u8[target] 0xcc", "enter", "t"}, "TRAP 3 #BP"},
		{"a-signal-in-the-step", []string{"X", "faulty", "enter", "f", "$", "%rcx faulted_at", "enter", "g", "9999", "enter", "$", "print hits(faulty)", "enter"}, "hits(faulty) = 0x1 (1)"},
		{"what-an-event-fetches", []string{"X", "visit", "enter", "f", "$", "%edx second", "enter", "g", "9999", "enter", "$", "cat trace", "enter"}, "n=2"},
		{"a-string-that-is-not-there", []string{"X", "show", "enter", "f", "$", "%edx here+1", "enter", "g", "9999", "enter", "$", "cat trace", "enter"}, `text="ello"`},
		{"more-calls-than-instances", []string{"X", "down", "enter", "f", "$", "%ecx 1", "enter", "g", "9999", "enter", "$", "cat kprobe_profile", "enter"}, " 2 0"},
		{"functions-that-never-return", []string{"X", "deep", "enter", "f", "$", "%rdi 64", "enter", "g", "99999", "enter", "$", "log", "enter"}, "omit uretprobe"},
		{"an-event-outlives-its-module", []string{"X", "between", "enter", "f", "$", "rmmod driver", "enter", "$", "cat kprobes/list", "enter"}, "[GONE]"},
		{"an-event-outlives-its-module", []string{"X", "between", "enter", "f", "$", "rmmod driver", "enter", "$", "echo 'p:ev/plain work' >> kprobe_events", "enter"}, "ENOENT"},
		{"an-event-outlives-its-module", []string{"X", "between", "enter", "f", "$", "rmmod driver", "enter", "g", "9999", "enter"}, "page_fault"},
		{"an-event-that-is-on", []string{"X", "between", "enter", "f", "$", "echo -:ev/work >> kprobe_events", "enter"}, "EBUSY"},
		{"an-event-that-is-on", []string{"X", "between", "enter", "f", "$", "echo 0 > events/ev/work/enable", "enter", "$", "code 1 at work", "enter"}, "b8"},
		{"an-event-that-is-on", []string{"X", "between", "enter", "f", "$", "echo 0 > events/ev/work/enable", "enter", "g", "9999", "enter", "$", "cat kprobe_profile", "enter"}, " 1 0"},
	} {
		l, err := Find(c.lesson)
		require.NoError(t, err)
		m := opened(t, l, [2]int{120, 40})
		press(m, c.keys...)
		require.Contains(t, strings.Join(strings.Fields(ansi.Strip(m.View().Content)), " "), c.shows, "%s: %v", c.lesson, c.keys)
	}
}
