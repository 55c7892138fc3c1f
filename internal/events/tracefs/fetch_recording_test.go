package tracefs_test

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/events"
	"trapline/internal/events/fetch"
	"trapline/internal/events/tracefs"
	"trapline/internal/x86"
)

// fetchCase is one definition tried on a real kernel: what it answered, and
// what one run of the program left in the trace.
type fetchCase struct {
	line     string
	write    string
	log      string
	readback string
	format   string
	enable   string
	trace    []string
}

// readFetch parses a recording of testdata/fetch or fetch_k32.
func readFetch(t *testing.T, file string) []fetchCase {
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	var cases []fetchCase
	for text := range strings.Lines(string(data)) {
		text = strings.TrimSuffix(text, "\n")
		if line, ok := strings.CutPrefix(text, ">>> "); ok {
			cases = append(cases, fetchCase{line: line})
			continue
		}
		if len(cases) == 0 {
			continue
		}
		c := &cases[len(cases)-1]
		key, value, _ := strings.Cut(text, "|")
		switch {
		case text == "", strings.HasPrefix(text, "#"), strings.HasPrefix(text, "  run: "):
		case strings.HasPrefix(text, "write "), strings.HasPrefix(text, "opened "):
			c.write = text
		case strings.HasPrefix(text, "readback: "):
			c.readback = strings.TrimPrefix(text, "readback: ")
		case strings.HasPrefix(text, "  enable: "):
			c.enable = strings.TrimPrefix(text, "  enable: ")
		case key == "  err":
			c.log += value[1:] + "\n"
		case key == "  fmt":
			c.format += value[1:] + "\n"
		case key == "  trace":
			c.trace = append(c.trace, value[1:])
		default:
			require.Fail(t, "unknown text in recording", "%s: %q", file, text)
		}
	}
	return cases
}

// result is how the recordings write the outcome of write(2).
func result(err error) string {
	if err == nil {
		return "write rc=full"
	}
	errno := errnoOf(err)
	return fmt.Sprintf("write rc=-1 errno=%d %s", errno, errno.Name())
}

var contextRE = regexp.MustCompile(`^ *(\S+)-(\d+) +\[(\d+)\] (\S{5}) +(\d+)\.(\d{6}): `)

// traceContext reads what must not be compared off a recorded line, so that
// it can be put into ours.
func traceContext(t *testing.T, line string) tracefs.TraceEntry {
	m := contextRE.FindStringSubmatch(line)
	require.NotNil(t, m, "trace line %q", line)
	num := func(s string) int {
		n, err := strconv.Atoi(s)
		require.NoError(t, err)
		return n
	}
	return tracefs.TraceEntry{
		Comm: m[1], PID: num(m[2]), CPU: num(m[3]), Flags: m[4],
		Time: uint64(num(m[5])*1_000_000+num(m[6])) * 1000,
	}
}

// eventFormat is the format file without the lines that the recordings left
// out: name, number, common fields.
func eventFormat(s string) string {
	_, s, _ = strings.Cut(s, "format:\n")
	var b strings.Builder
	b.WriteString("format:\n")
	for line := range strings.Lines(s) {
		if !strings.HasPrefix(line, "\tfield:") || !strings.Contains(line, " common_") {
			b.WriteString(line)
		}
	}
	return b.String()
}

func TestRecordedFetch(t *testing.T) {
	for _, tc := range []struct {
		file string
		prog func(t *testing.T) *program
		want int // definitions in the recording
	}{
		{"fetch/fa64.txt", newFa64, 252},
		{"fetch/fa32.txt", func(t *testing.T) *program { return newFa32(t, x86.AMD64) }, 268},
		{"fetch_k32/fa32.txt", func(t *testing.T) *program { return newFa32(t, x86.I386) }, 268},
	} {
		t.Run(tc.file, func(t *testing.T) {
			p := tc.prog(t)
			cases := readFetch(t, "../testdata/"+tc.file)
			assert.Equal(t, tc.want, len(cases), "definitions in the recording")
			var dmesg []string
			for _, c := range cases {
				t.Run(c.line, func(t *testing.T) {
					replayFetch(t, p, c, func(line string) { dmesg = append(dmesg, line) })
				})
			}
			assert.Equal(t, recordedDmesg(t, "../testdata/"+tc.file+".dmesg"), dmesg)
		})
	}
}

// recordedDmesg is the kernel's log of a recording, without what other parts
// write.
func recordedDmesg(t *testing.T, file string) []string {
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	var lines []string
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSuffix(line, "\n")
		if _, ok := excused(notOursInDmesg, line); !ok && line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

func replayFetch(t *testing.T, p *program, c fetchCase, printk func(string)) {
	r := tracefs.New(tracefs.Config{Arch: p.arch, Release: events.RecordedRelease(p.arch), Uprobes: p, CPUs: 2, Printk: printk})
	if c.write == "opened rc=0" {
		require.NoError(t, r.Write(tracefs.UprobeEvents, nil))
		return
	}
	err := r.Write(tracefs.UprobeEvents, []byte(c.line+"\n"))
	require.Equal(t, c.write, result(err))
	assert.Equal(t, c.log, logText(r))
	if err != nil {
		return
	}
	assert.Equal(t, c.readback+"\n", r.Read(tracefs.UprobeEvents))
	probe := r.Probes()[0]
	if reason, ok := unlookedAt[probe.On.Group]; ok {
		t.Logf("readback only: %s", reason)
		return
	}
	assert.Equal(t, c.format, eventFormat(probe.On.Format()))
	assert.Equal(t, c.enable, result(r.SetEvent(probe.On.Group, probe.On.Name, true)))
	target, hit, fires := p.hits(probe)
	if !fires || !probe.On.Enabled {
		assert.Empty(t, c.trace)
		return
	}
	require.Len(t, c.trace, 1)
	rec, ok := fetch.NewFetcher(probe.Program, nil).Fetch(target, hit)
	require.True(t, ok)
	var line fetch.Line
	tracefs.AppendTraceLine(&line, tracefs.TraceOptions{}, traceContext(t, c.trace[0]), rec, fetch.Names{})
	assert.Equal(t, c.trace[0]+"\n", string(line.Text))
}

// logText is error_log without time stamps.
func logText(r *tracefs.Registry) string {
	var b strings.Builder
	for _, e := range r.LogEntries() {
		b.WriteString(e.Err.LogText())
	}
	return b.String()
}
