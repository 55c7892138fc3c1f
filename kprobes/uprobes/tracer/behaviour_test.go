package tracer

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/kprobes/events"
	"trapline/kprobes/events/tracefs"
)

// behaviours are the recorded sessions that are played again, with what they show.
var behaviours = map[string]string{
	"u_data":    "E2 strings and structures",
	"u_deep":    "U13 limit of nested return probes",
	"u_exec":    "U14 execve",
	"u_fib":     "U13 recursion",
	"u_fork":    "U14 fork",
	"u_forkret": "U14 fork inside probed functions",
	"u_longjmp": "U13 longjmp",
	"u_mmap":    "U1 later mappings, U2 which get a breakpoint",
	"u_multi":   "U1 several consumers of one place",
	"u_nest":    "U13 nested functions",
	"u_retaddr": "U13 what the program sees",
	"u_self":    "U2 a program that reads and patches its own text",
	"u_sema":    "reference counters",
	"u_signal":  "U12 signal handlers",
	"u_tail":    "U13 tail calls",
	"u_threads": "U14 threads",
	"u_vfork":   "U14 vfork",
}

// session plays a recording: every command that it knows, with the answers compared.
type session struct {
	*rig
	t testing.TB
}

func TestBehaviour(t *testing.T) {
	root := guestRoot(t, "beh")
	for name, what := range behaviours {
		t.Run(name, func(t *testing.T) {
			t.Log(what)
			data, err := os.ReadFile("../testdata/behaviour/" + name + ".txt")
			require.NoError(t, err)
			s := &session{newRig(t, root, events.X8664), t}
			body, dmesg, _ := strings.Cut(string(data), "== dmesg\n")
			checked := 0
			for _, part := range strings.Split("\n"+body, "\n$ ")[1:] {
				command, want, _ := strings.Cut(part, "\n")
				got, known := s.do(command)
				if !known {
					continue
				}
				checked++
				if d := differences(maskPID(got), maskPID(want)); d != "" {
					t.Errorf("$ %s\n%s", command, d)
				}
			}
			require.Greater(t, checked, 3)
			const mismatch = "trace_uprobe: Reference counter offset mismatch."
			log := strings.ReplaceAll(strings.Join(s.log, "\n"), mismatch+"\n"+mismatch, mismatch) // printed without a newline, the last of a row is not yet to be read
			if d := differences(maskPID(log), maskPID(dmesg)); d != "" {
				t.Errorf("log:\n%s", d)
			}
		})
	}
}

var pid = regexp.MustCompile(`pid/tgid=\d+/\d+`)

func maskPID(s string) string { return pid.ReplaceAllString(s, "pid/tgid=PID") }

// do obeys a shell command; false if it is not one of those that concern uprobes.
func (s *session) do(command string) (string, bool) {
	if strings.ContainsAny(command, "&;>") && !strings.HasPrefix(command, "def ") {
		return "", false
	}
	stages := strings.Split(command, " | ")
	out, ok := s.first(words(stages[0]))
	for _, stage := range stages[1:] {
		if ok {
			out, ok = filter(out, words(stage))
		}
	}
	return out, ok
}

func (s *session) first(w []string) (string, bool) {
	switch w[0] {
	case "def":
		return s.define(w[1]), true
	case "on", "off":
		return s.enable(w[1], w[0] == "on"), true
	case "run":
		s.load(s.t, w[1:]...)
		return s.rig.run(s.t), true
	case "tr_":
		return s.tracer.Text(tracefs.TraceOptions{}), true
	case "clr":
		s.tracer.Clear()
		return "", true
	case "prof":
		return s.registry.UprobeProfile(s.tracer.Counts), true
	case "cat":
		if w[1] == "$T/uprobe_events" {
			return s.registry.Read(tracefs.UprobeEvents), true
		}
	}
	return "", false
}

func (s *session) define(line string) string {
	before := s.registry.Probes()
	err := s.registry.Write(tracefs.UprobeEvents, []byte(line+"\n"))
	after := s.registry.Probes()
	for _, p := range before {
		if !slices.Contains(after, p) {
			s.tracer.Deleted(p)
		}
	}
	return writeResult(err)
}

func (s *session) enable(name string, on bool) string {
	group, event, single := strings.Cut(name, "/")
	var err error
	if single {
		err = s.registry.SetEvent(group, event, on)
		if errors.Is(err, events.ENOENT) {
			return "open errno=2 ENOENT\n"
		}
	} else {
		err = s.registry.SetGroup(group, on)
	}
	return writeResult(err)
}

func writeResult(err error) string {
	var errno events.Errno
	if err == nil {
		return errnoLine(nil)
	}
	errors.As(err, &errno)
	return errnoLine(errno)
}

// filter is the second part of a pipe: grep, head and tail as the sessions use them.
func filter(in string, w []string) (string, bool) {
	lines := strings.SplitAfter(strings.TrimSuffix(in, "\n"), "\n")
	switch {
	case w[0] == "grep":
		text := w[len(w)-1]
		var kept []string
		for _, l := range lines {
			if strings.Contains(l, text) {
				kept = append(kept, l)
			}
		}
		if w[1] == "-c" {
			return fmt.Sprintln(len(kept)), true
		}
		return strings.Join(kept, ""), true
	case w[0] == "head" || w[0] == "tail":
		n, err := strconv.Atoi(strings.TrimPrefix(w[1], "-"))
		if err != nil {
			return "", false
		}
		n = min(n, len(lines))
		if w[0] == "head" {
			return strings.Join(lines[:n], ""), true
		}
		return strings.Join(lines[len(lines)-n:], ""), true
	}
	return "", false
}

var word = regexp.MustCompile(`'([^']*)'|"([^"]*)"|(\S+)`)

// words splits a command at spaces outside quotes.
func words(s string) []string {
	var l []string
	for _, m := range word.FindAllStringSubmatch(s, -1) {
		l = append(l, m[1]+m[2]+m[3])
	}
	return l
}
