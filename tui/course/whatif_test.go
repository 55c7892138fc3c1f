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
		{"the-life-of-a-hit", []string{"X", "target", "enter", "f", "i", "$", "%TF 0", "enter"}, "set %TF 0 on cpu0"},
		{"more-calls-than-instances", []string{"X", "down", "enter", "f", "$", "%ecx 1", "enter", "$", "cat kprobe_profile", "enter", "esc", "v", "g", "9999", "enter", "$", "cat kprobe_profile", "enter"}, " 2 0"},
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
