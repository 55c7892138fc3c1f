package tracefs_test

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"fmt"
	"os"
	"slices"
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

// TestE1_Variations replays lines that a program made up from the grammar and
// from what is wrong with it, with what Linux 6.1 answered to each: errno,
// error_log, readback and format (testdata/README.md tells the form). It also
// holds writes of several lines, deletions and second definitions of a name.
func TestE1_Variations(t *testing.T) {
	replayVariations(t, "lines.x86_64", 2500, nil)
	replayVariations(t, "lines.i386", 2500, nil)
}

// TestE2_Variations replays made-up fetch arguments with the record that one
// run of the program left in the trace.
func TestE2_Variations(t *testing.T) {
	replayVariations(t, "fetch64.x86_64", 2500, func() *program { return newFa64(t) })
	replayVariations(t, "fetch32.x86_64", 2000, func() *program { return newFa32(t, x86.AMD64) })
	replayVariations(t, "fetch32.i386", 2000, func() *program { return newFa32(t, x86.I386) })
}

// TestE4_Variations replays made-up sessions with enabling, disabling,
// truncating and deleting between the definitions.
func TestE4_Variations(t *testing.T) {
	replayVariations(t, "control.x86_64", 1200, nil)
}

// variations are the files of testdata/variations.
var variations = []string{"lines.x86_64", "lines.i386", "fetch64.x86_64", "fetch32.x86_64", "fetch32.i386", "control.x86_64"}

// variation is one recorded session on an empty registry: what was done, and
// what the kernel answered.
type variation struct {
	ops     []string
	answers [][]string // by op
}

func (v *variation) String() string { return strings.Join(v.ops, "\n") }

// readVariations parses a recording. The lines in front of the first session
// give the kernel's symbols.
func readVariations(t *testing.T, file string) (*variedKernel, []*variation) {
	f, err := os.Open("../testdata/variations/" + file + ".txt.gz")
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	k := &variedKernel{}
	var list []*variation
	v := &variation{}
	scan := bufio.NewScanner(z)
	scan.Buffer(nil, 1<<16)
	for scan.Scan() {
		line := scan.Text()
		switch line[0] {
		case '#':
		case 's':
			k.add(t, strings.Fields(line))
		case 'k', 'u', 'd', 'w', 'o', 'R':
			v.ops, v.answers = append(v.ops, line), append(v.answers, nil)
		case 'c':
			list = append(list, v)
			v = &variation{}
		default: // = errno, e error_log, r readback, f format, t trace or file
			last := &v.answers[len(v.answers)-1]
			*last = append(*last, line)
		}
	}
	require.NoError(t, scan.Err())
	return k, list
}

func replayVariations(t *testing.T, file string, sessions int, makeProgram func() *program) {
	t.Run(file, func(t *testing.T) {
		k, list := readVariations(t, file)
		assert.Len(t, list, sessions)
		arch := x86.AMD64
		if strings.HasSuffix(file, ".i386") {
			arch = x86.I386
		}
		var p *program
		if makeProgram != nil {
			p = makeProgram()
		}
		for _, v := range list {
			s := &variedSession{T: t, v: v, p: p, r: tracefs.New(tracefs.Config{
				Arch: arch, Release: events.RecordedRelease(arch), Kprobes: k, Uprobes: variedFiles{}, CPUs: 1,
				Tracepoint: func(group, event string) bool { return group == "sched" && event == "sched_switch" },
			})}
			s.replay()
		}
	})
}

// variedSession replays one session.
type variedSession struct {
	*testing.T
	v *variation
	p *program
	r *tracefs.Registry
}

func (s *variedSession) replay() {
	for i, op := range s.v.ops {
		if _, ok := excused(notVaried, op); ok {
			return
		}
		got := s.obey(op)
		if i == len(s.v.ops)-1 {
			got = append(got, s.show()...)
		}
		if !slices.Equal(s.v.answers[i], got) {
			require.Equal(s, s.v.answers[i], got, "step %d of\n%s", i+1, s.v)
		}
	}
}

// obey does one recorded operation and gives the answer in the recording's
// form.
func (s *variedSession) obey(op string) []string {
	kind, rest, _ := strings.Cut(op, " ")
	text := rest
	if rest[0] == '"' {
		var err error
		text, err = strconv.Unquote(rest)
		require.NoError(s, err)
	}
	var err error
	switch kind {
	case "R":
		return s.readSwitch(text)
	case "w":
		name, value, _ := strings.Cut(text, "\x00")
		err = s.writeSwitch(name, value)
	case "o":
		err = s.r.Truncate(fileNamed(text))
	default:
		err = s.r.Write(map[string]tracefs.File{"k": tracefs.KprobeEvents, "u": tracefs.UprobeEvents, "d": tracefs.DynamicEvents}[kind], []byte(text))
	}
	answer := []string{fmt.Sprintf("= %d", errnoOf(err))}
	answer = append(answer, escaped('e', logText(s.r))...)
	s.r.ClearErrorLog()
	return append(answer, escaped('r', s.r.Read(tracefs.DynamicEvents))...)
}

// show is what the recorder looked at behind a session's last operation: the
// record of a run where the program was run, else all formats.
func (s *variedSession) show() []string {
	if s.p != nil && len(s.r.Probes()) > 0 {
		return escaped('t', s.record())
	}
	var lines []string
	for _, p := range s.r.Probes() {
		lines = append(lines, escaped('f', eventFormat(p.On.Format()))...)
	}
	return lines
}

// record runs the program and prints what its one probe fetched.
func (s *variedSession) record() string {
	probe := s.r.Probes()[0]
	require.NoError(s, s.r.SetEvent(probe.On.Group, probe.On.Name, true))
	target, hit, fires := s.p.hits(probe)
	require.True(s, fires)
	rec, ok := fetch.NewFetcher(probe.Program, nil).Fetch(target, hit)
	require.True(s, ok)
	var l fetch.Line
	rec.AppendText(&l, fetch.Names{})
	return string(l.Text)
}

// readSwitch reads events/GROUP[/EVENT]/enable.
func (s *variedSession) readSwitch(name string) []string {
	state, err := s.switchState(name)
	if err != nil {
		return []string{fmt.Sprintf("= %d", errnoOf(err))}
	}
	return escaped('t', state)
}

func (s *variedSession) switchState(name string) (string, error) {
	f := strings.Split(name, "/")
	if len(f) == 3 {
		return s.r.GroupState(f[1])
	}
	return s.r.EventState(f[1], f[2])
}

func (s *variedSession) writeSwitch(name, value string) error {
	if _, err := s.switchState(name); err != nil {
		return err
	}
	on, errno := tracefs.ParseSwitch(value)
	if errno != 0 {
		return errno
	}
	f := strings.Split(name, "/")
	if len(f) == 3 {
		return s.r.SetGroup(f[1], on)
	}
	return s.r.SetEvent(f[1], f[2], on)
}

func fileNamed(name string) tracefs.File {
	files := []tracefs.File{tracefs.KprobeEvents, tracefs.UprobeEvents, tracefs.DynamicEvents}
	return files[slices.IndexFunc(files, func(f tracefs.File) bool { return f.String() == name })]
}

// escaped is text as the recorder wrote it: a tag and a quoted line each,
// bytes outside printable ASCII in hexadecimal.
func escaped(tag byte, text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		b := []byte{tag, ' ', '"'}
		for _, c := range []byte(strings.TrimSuffix(line, "\n")) {
			switch {
			case c == '"' || c == '\\':
				b = append(b, '\\', c)
			case c < ' ' || c > '~':
				b = fmt.Appendf(b, `\x%02x`, c)
			default:
				b = append(b, c)
			}
		}
		lines = append(lines, string(append(b, '"')))
	}
	return lines
}

// variedKernel is the kernel of the recordings, as far as the lines go.
type variedKernel struct {
	syms []events.Symbol // by address, then as in kallsyms
	text uint64          // address of the last symbol that is a function
}

func (k *variedKernel) add(t *testing.T, fields []string) {
	addr, err := strconv.ParseUint(fields[1], 16, 64)
	require.NoError(t, err)
	if strings.ToLower(fields[2]) == "t" {
		k.text = max(k.text, addr)
	}
	if i := len(k.syms) - 1; i >= 0 && addr-k.syms[i].Addr < 1<<16 {
		k.syms[i].Size = addr - k.syms[i].Addr
	}
	k.syms = append(k.syms, events.Symbol{Name: fields[3], Addr: addr, Size: 64})
	slices.SortStableFunc(k.syms, func(a, b events.Symbol) int { return cmp.Compare(a.Addr, b.Addr) })
}

func (k *variedKernel) find(name string) int {
	return slices.IndexFunc(k.syms, func(s events.Symbol) bool { return s.Name == name })
}

func (k *variedKernel) Count(name string) int {
	if k.find(name) < 0 {
		return 0
	}
	return 1
}

func (k *variedKernel) Address(name string) (uint64, bool) {
	i := k.find(name)
	if i < 0 {
		return 0, false
	}
	return k.syms[i].Addr, true
}

func (k *variedKernel) Lookup(addr uint64) (events.Symbol, bool) {
	for _, s := range k.syms {
		if addr-s.Addr < s.Size {
			return s, true
		}
	}
	return events.Symbol{}, false
}

func (k *variedKernel) Notrace(addr uint64) bool {
	s, _ := k.Lookup(addr)
	return s.Name == "do_int3"
}

func (k *variedKernel) ModuleLoaded(string) bool { return false }

// Register refuses what is no text.
func (k *variedKernel) Register(p *tracefs.Probe) events.Errno {
	if s, _ := k.Lookup(p.Addr); s.Addr > k.text {
		return events.EINVAL
	}
	return 0
}

func (k *variedKernel) Unregister(*tracefs.Probe)          {}
func (k *variedKernel) Enable(*tracefs.Probe) events.Errno { return 0 }
func (k *variedKernel) Disable(*tracefs.Probe)             {}

// variedFiles is the file system of the recordings: the two programs, a link
// to one, and a directory.
type variedFiles struct{}

func (variedFiles) Stat(path string) (events.File, events.Errno) {
	at := ""
	for part := range strings.SplitSeq(path, "/") {
		switch {
		case len(part) > 255:
			return events.File{}, events.ENAMETOOLONG
		case part == "" || part == ".":
		case at == "/t/fa64" || at == "/t/link":
			return events.File{}, events.ENOTDIR
		case part == "..":
			at = at[:max(strings.LastIndexByte(at, '/'), 0)]
		default:
			at += "/" + part
		}
	}
	switch at {
	case "/t/fa64", "/t/link":
		return events.File{ID: 1, Regular: true}, 0
	case "/t/fa32":
		return events.File{ID: 2, Regular: true}, 0
	case "/proc/self/status":
		return events.File{ID: 3, Regular: true}, 0
	case "", "/t/dir", "/dev/null":
		return events.File{ID: 4}, 0
	}
	return events.File{}, events.ENOENT
}

// fa64Size is the size of the program's file in bytes.
const fa64Size = 9816

func (variedFiles) Register(p *tracefs.Probe) events.Errno {
	if p.FileOffset > fa64Size {
		return events.EINVAL
	}
	return 0
}

func (variedFiles) Unregister(*tracefs.Probe) {}
