package tracer

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// behaviours are the recorded sessions, with what they show.
var behaviours = map[string]string{
	"u_busy":         "E4 what enabled events forbid",
	"u_data":         "E2 strings and structures",
	"u_deep":         "U13 limit of nested return probes",
	"u_exec":         "U14 execve",
	"u_fib":          "U13 recursion",
	"u_files":        "E6 the files of an event",
	"u_filter":       "event filters, triggers, set_event_pid",
	"u_fork":         "U14 fork",
	"u_forkret":      "U14 fork inside probed functions",
	"u_live":         "U1 enabling and disabling while the program runs",
	"u_longjmp":      "U13 longjmp",
	"u_mmap":         "U1 later mappings, U2 which get a breakpoint",
	"u_multi":        "U1 several consumers of one place",
	"u_nest":         "U13 nested functions",
	"u_retaddr":      "U13 what the program sees",
	"u_self":         "U2 a program that reads and patches its own text",
	"u_sema":         "reference counters",
	"u_signal":       "U12 signal handlers",
	"u_tail":         "U13 tail calls",
	"u_threads":      "U14 threads",
	"u_trace_format": "E6 trace options, clocks, the ring buffer",
	"u_vfork":        "U14 vfork",
}

// TestBehaviour plays every recorded session again: all of its commands, with what they print compared.
func TestBehaviour(t *testing.T) {
	root := guestRoot(t, "beh")
	for name, what := range behaviours {
		t.Run(name, func(t *testing.T) {
			t.Log(what)
			data, err := os.ReadFile("../testdata/behaviour/" + name + ".txt")
			require.NoError(t, err)
			playSession(t, root, "behaviour "+name, string(data))
		})
	}
}

// TestBehaviourElsewhere does the same with the sessions of 6.1 on four CPUs, and of 6.12.
func TestBehaviourElsewhere(t *testing.T) {
	root := guestRoot(t, "beh")
	for set, sessions := range map[string]int{"uprobe.qemu-6.1-smp4": len(behaviours), "uprobe.qemu-6.12": len(behaviours)} {
		data, err := os.ReadFile(eventsData + "/other-kernels/" + set + ".txt")
		require.NoError(t, err)
		l := strings.Split("\n"+string(data), "\n# case file: ")[1:]
		require.Len(t, l, sessions)
		for _, text := range l {
			file, body, _ := strings.Cut(text, "\n")
			t.Run(set+"/"+file, func(t *testing.T) {
				playSession(t, root, set+" "+strings.TrimSuffix(file, ".txt"), body+"\n")
			})
		}
	}
}

var (
	cpusOf = regexp.MustCompile(`# kernel: .* smp: (\d)`)
	// prompt stands before a command; one command prints no newline at its end.
	prompt = regexp.MustCompile(`(?:\n|refuse )\$ `)
)

func playSession(t *testing.T, root, name, text string) {
	exceptions := readExceptions(t)
	body, dmesg, _ := strings.Cut(text, "== dmesg\n")
	m := cpusOf.FindStringSubmatch(body)
	require.NotNil(t, m)
	sh := newShell(t, root, int(m[1][0]-'0'))
	at := prompt.FindAllStringIndex(body, -1)
	require.NotEmpty(t, at)
	for i, p := range at {
		end := len(body)
		if i+1 < len(at) {
			end = at[i+1][0] + strings.Index(body[at[i+1][0]:], "$ ")
		}
		command, want, _ := strings.Cut(body[p[1]:end], "\n")
		d := differences(maskTimes(sh.obey(command)), maskTimes(want))
		step := fmt.Sprintf("step%d", i+1)
		_, excepted := exceptions[name+" "+step]
		switch {
		case excepted && d == "":
			t.Errorf("%s is equal, but listed as an exception", step)
		case !excepted && d != "":
			t.Errorf("%s: $ %s\n%s", step, command, d)
		}
	}
	const mismatch = "trace_uprobe: Reference counter offset mismatch."
	log := strings.ReplaceAll(strings.Join(sh.log, "\n"), mismatch+"\n"+mismatch, mismatch) // printed without a newline, the last of a row is not yet to be read
	if d := differences(maskTimes(log), maskTimes(dmesg)); d != "" {
		t.Errorf("log:\n%s", d)
	}
}

// masks take out of a session's output what no two runs have in common: process numbers, CPUs, times, event numbers,
// kernel pointers. The marks of the latency format stand for times.
var masks = []struct {
	what *regexp.Regexp
	as   string
}{
	{regexp.MustCompile(`pid/tgid=\d+/\d+`), "pid/tgid=PID"},
	{regexp.MustCompile(`(?m)^( *\S+)-\d+ +(\S{6}) +\d+us.: `), "$1 $2 TIME: "},
	{regexp.MustCompile(`(?m)^ *(\S+)-\d+ +\( *\d+\) `), "$1-1 (TGID) "},
	{regexp.MustCompile(`(?m)^ *(\S+)-\d+ +((?:\([-TGID]+\) )?)\[\d+\] +((?:\S{5} )?) *\d+(?:\.\d+)?: `), "$1 $2$3"},
	{regexp.MustCompile(`(?m)^\d+ \d+ \d+ type: \d+$`), "PID CPU TIME type: ID"},
	{regexp.MustCompile(`(?m)^[0-9a-f]{8} [0-9a-f]{8} [0-9a-f]{16} type: \d+$`), "PID CPU TIME type: ID"},
	{regexp.MustCompile(`(?m)^ID: \d+$`), "ID: ID"},
}

func maskTimes(s string) string {
	for _, m := range masks {
		s = m.what.ReplaceAllString(s, m.as)
	}
	return s
}
