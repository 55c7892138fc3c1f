package tracefs_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/events"
	"trapline/internal/events/tracefs"
	"trapline/internal/x86"
)

// script is one recorded shell session: commands and what they printed.
type script struct {
	name  string
	text  string
	steps []step
	dmesg []string
}

type step struct {
	command string
	output  string
}

// readScripts parses a recording that holds one session or several.
func readScripts(t *testing.T, file string) []*script {
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	var scripts []*script
	inDmesg := false
	for line := range strings.Lines(string(data)) {
		if name, ok := strings.CutPrefix(line, "# case file: "); ok {
			if len(scripts) > 0 {
				scripts[len(scripts)-1].trimBlank()
			}
			scripts = append(scripts, &script{name: strings.TrimSpace(name)})
			inDmesg = false
			continue
		}
		s := scripts[len(scripts)-1]
		s.text += line
		command, isCommand := strings.CutPrefix(line, "$ ")
		switch {
		case isCommand:
			s.steps = append(s.steps, step{command: strings.TrimSuffix(command, "\n")})
		case line == "== dmesg\n":
			inDmesg = true
		case inDmesg:
			if line = strings.TrimSpace(line); line != "" {
				s.dmesg = append(s.dmesg, line)
			}
		case len(s.steps) > 0:
			// A command that printed no newline has the next one behind it.
			text, next, ok := strings.Cut(line, " $ cat $T/")
			last := &s.steps[len(s.steps)-1]
			if ok {
				last.output += text + "\n"
				s.steps = append(s.steps, step{command: "cat $T/" + strings.TrimSuffix(next, "\n")})
				continue
			}
			last.output += line
		}
	}
	return scripts
}

// trimBlank takes off the blank line between two sessions of a file.
func (s *script) trimBlank() {
	last := &s.steps[len(s.steps)-1]
	if last.output == "\n" || strings.HasSuffix(last.output, "\n\n") {
		last.output = strings.TrimSuffix(last.output, "\n")
	}
}

// TestRecordedScripts replays every recorded session against the registry.
// A command is checked, or it stands in notOurs.
func TestRecordedScripts(t *testing.T) {
	for _, dir := range []string{"uprobe", "kprobe"} {
		files, err := os.ReadDir("../testdata/" + dir)
		require.NoError(t, err)
		for _, f := range files {
			if strings.HasSuffix(f.Name(), ".txt") {
				replayFile(t, "../testdata/"+dir+"/"+f.Name(), nil)
			}
		}
	}
}

// TestRecordedScriptsElsewhere replays the secondary recordings: 6.1 with
// four CPUs, and 6.12, whose own choices are in choices612.
func TestRecordedScriptsElsewhere(t *testing.T) {
	replayFile(t, "../testdata/other-kernels/uprobe.qemu-6.1-smp4.txt", nil)
	replayFile(t, "../testdata/other-kernels/uprobe.qemu-6.12.txt", nil)
	replayFile(t, "../testdata/other-kernels/kprobe.qemu-6.12.txt", choices612)
}

func replayFile(t *testing.T, file string, choices map[string][]exception) {
	for _, s := range readScripts(t, file) {
		t.Run(file[len("../testdata/"):]+"/"+s.name, func(t *testing.T) {
			newShell(t, s, choices[s.name]).replay()
		})
	}
}

// shell obeys the commands of a session.
type shell struct {
	*testing.T
	script *script
	r      *tracefs.Registry
	k      *kernel
	dmesg  []string
	opts   tracefs.TraceOptions
	cpus   int
	// choices are the answers of another kernel.
	choices []exception
}

var cpusRE = regexp.MustCompile(`# kernel: .* smp: (\d)`)

func newShell(t *testing.T, s *script, choices []exception) *shell {
	sh := &shell{T: t, script: s, k: newKernel(t, s.text), choices: choices}
	m := cpusRE.FindStringSubmatch(s.text)
	require.NotNil(t, m)
	sh.cpus = int(m[1][0] - '0')
	sh.r = tracefs.New(tracefs.Config{
		Arch: x86.AMD64, Kprobes: sh.k, Uprobes: files{}, CPUs: sh.cpus,
		Printk: func(line string) { sh.dmesg = append(sh.dmesg, line) },
		HashPointer: func(addr uint64) uint64 {
			if h, ok := recordedHashes[addr]; ok {
				return h
			}
			return events.HashPointer(x86.AMD64, addr)
		},
	})
	return sh
}

// recordedHashes are the two pointers that the recordings show hashed with
// that boot's random key.
var recordedHashes = map[uint64]uint64{0x1234: 0xc75adab0, vfsFsync: 0x8be6d779}

const vfsFsync = 0xffffffff81500000

func (sh *shell) replay() {
	for i, st := range sh.script.steps {
		at := fmt.Sprintf("step %d: %s", i+1, st.command)
		sh.opts = tracefs.TraceOptions{
			NoContext:  strings.Contains(st.command, "echo nocontext-info"),
			NoIRQInfo:  strings.Contains(st.command, "echo noirq-info"),
			RecordTGID: strings.Contains(st.command, "echo record-tgid"),
			Counter:    strings.Contains(st.command, "echo counter"),
		}
		sh.checkTrace(st, at)
		got, ok := sh.obey(st)
		if !ok {
			_, listed := excused(notOurs, st.command)
			assert.True(sh, listed, "%s: neither obeyed nor in notOurs", at)
			continue
		}
		sh.compare(st.command, st.output, got, at)
	}
	var want []string
	for _, line := range sh.script.dmesg {
		if _, ok := excused(notOursInDmesg, line); !ok {
			want = append(want, line)
		}
	}
	sh.compare("kernel log", want, once(sh.dmesg), "kernel log")
}

// compare compares a command's output, unless another kernel's choice is
// listed for it, which must then be one.
func (sh *shell) compare(command string, want, got any, at string) {
	if _, ok := excused(sh.choices, command); ok {
		assert.NotEqual(sh, want, got, "%s: listed as different", at)
		return
	}
	assert.Equal(sh, want, got, at)
}

// once drops the second of the reference counter's messages: the kernel
// prints it without a newline, so the last of a row is not yet to be read.
func once(lines []string) []string {
	var out []string
	for i, line := range lines {
		if i > 0 && line == lines[i-1] && strings.HasSuffix(line, "mismatch.") {
			continue
		}
		out = append(out, line)
	}
	return out
}

var traceRE = regexp.MustCompile(`^ {2,}\S+-\d+ .*\[\d+\] `)

// checkTrace prints the trace lines and headers of a step's output anew.
func (sh *shell) checkTrace(st step, at string) {
	if _, ok := excused(otherTraceForms, st.command); ok {
		return
	}
	for line := range strings.Lines(st.output) {
		line = strings.TrimSuffix(line, "\n")
		if !traceRE.MatchString(line) && !(sh.opts.NoContext && strings.Contains(line, ": (")) {
			continue
		}
		if _, ok := excused(otherTraceLines, line); ok {
			continue
		}
		got, err := sh.k.retrace(sh.r, sh.opts, line)
		if assert.NoError(sh, err, at) {
			assert.Equal(sh, line, got, at)
		}
	}
	sh.checkHeader(st, at)
}

var headerRE = regexp.MustCompile(`# entries-in-buffer/entries-written: (\d+)/(\d+) `)

func (sh *shell) checkHeader(st step, at string) {
	if strings.Contains(st.command, "head -3") {
		return
	}
	var header string
	for line := range strings.Lines(st.output) {
		if strings.HasPrefix(line, "#") {
			header += line
		}
	}
	if !strings.HasPrefix(header, "# tracer: nop") {
		return
	}
	var in, written int
	if m := headerRE.FindStringSubmatch(header); m != nil {
		_, err := fmt.Sscan(m[1], &in)
		require.NoError(sh, err)
		_, err = fmt.Sscan(m[2], &written)
		require.NoError(sh, err)
	}
	assert.Equal(sh, header, tracefs.TraceHeader(sh.opts, in, written, sh.cpus), at)
}
