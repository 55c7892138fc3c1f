package traceuprobe

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// sessions are the recorded sessions by the row that they show. Every one is played again: all of its commands, with
// what they print compared.
var sessions = map[string][]string{
	"U1":  {"u_live", "u_multi"},
	"U2":  {"u_mmap", "u_self"},
	"U12": {"u_signal"},
	"U13": {"u_deep", "u_fib", "u_forkret", "u_longjmp", "u_nest", "u_retaddr", "u_tail"},
	"U14": {"u_exec", "u_fork", "u_threads", "u_vfork"},
	"U16": {"u_sema"},
	"E":   {"u_busy", "u_data", "u_files", "u_filter", "u_trace_format"},
}

func TestU1Sessions(t *testing.T)  { playRow(t, "U1") }
func TestU2Sessions(t *testing.T)  { playRow(t, "U2") }
func TestU12Sessions(t *testing.T) { playRow(t, "U12") }
func TestU13Sessions(t *testing.T) { playRow(t, "U13") }
func TestU14Sessions(t *testing.T) { playRow(t, "U14") }
func TestU16Sessions(t *testing.T) { playRow(t, "U16") }
func TestESessions(t *testing.T)   { playRow(t, "E") }

func playRow(t *testing.T, row string) {
	root := guestRoot(t, "beh")
	for _, name := range sessions[row] {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile("../testdata/behaviour/" + name + ".txt")
			require.NoError(t, err)
			playSession(t, root, "behaviour "+name, string(data))
		})
	}
}

func TestEverySessionHasARow(t *testing.T) {
	files, err := filepath.Glob("../testdata/behaviour/*.txt")
	require.NoError(t, err)
	var recorded, played []string
	for _, f := range files {
		recorded = append(recorded, strings.TrimSuffix(filepath.Base(f), ".txt"))
	}
	for _, l := range sessions {
		played = append(played, l...)
	}
	require.ElementsMatch(t, recorded, played)
}

// TestBehaviourElsewhere does the same with the sessions of 6.1 on four CPUs, and of 6.12.
func TestBehaviourElsewhere(t *testing.T) {
	root := guestRoot(t, "beh")
	for set, n := range map[string]int{"uprobe.qemu-6.1-smp4": 22, "uprobe.qemu-6.12": 22} {
		data, err := os.ReadFile(eventsData + "/other-kernels/" + set + ".txt")
		require.NoError(t, err)
		l := strings.Split("\n"+string(data), "\n# case file: ")[1:]
		require.Len(t, l, n)
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
