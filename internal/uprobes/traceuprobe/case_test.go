package traceuprobe

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/events"
	"trapline/internal/events/tracefs"
	"trapline/internal/linux"
	"trapline/internal/linux/vfs"
	"trapline/internal/uprobes"
	"trapline/internal/x86"
)

// recorded is what a kernel did with one probed instruction.
type recorded struct {
	name     string
	args     []string
	sections map[string]string
	define   string
}

// The sections of a recording that are played.
const (
	sectionBaseline = "baseline (no probe)"
	sectionEnable   = "enable while the program is mapped (pause()d)"
	sectionEarly    = "enable before exec"
	sectionRun      = "run"
	sectionTrace    = "trace"
	sectionProfile  = "uprobe_profile"
	sectionLog      = "dmesg"
)

// readDir reads the recordings of a folder, one a file.
func readDir(t testing.TB, dir string) []recorded {
	files, err := filepath.Glob("../testdata/" + dir + "/*.txt")
	require.NoError(t, err)
	var cases []recorded
	for _, f := range files {
		data, err := os.ReadFile(f)
		require.NoError(t, err)
		cases = append(cases, parseCase(string(data)))
	}
	return cases
}

// readCollection reads a file of recordings, compressed or not.
func readCollection(t testing.TB, file string) []recorded {
	f, err := os.Open("../testdata/" + file)
	require.NoError(t, err)
	defer f.Close()
	var in io.Reader = f
	if strings.HasSuffix(file, ".gz") {
		in, err = gzip.NewReader(f)
		require.NoError(t, err)
	}
	data, err := io.ReadAll(in)
	require.NoError(t, err)
	var cases []recorded
	for _, text := range strings.SplitAfter(string(data), "\n\n") {
		cases = append(cases, parseCase(text))
	}
	return cases
}

func parseCase(text string) recorded {
	r := recorded{sections: map[string]string{}}
	title := ""
	for line := range strings.Lines(text) {
		switch {
		case strings.HasPrefix(line, "# case: "):
			r.name = strings.Fields(line)[3]
		case strings.HasPrefix(line, "# command: "):
			r.args = strings.Fields(line)[2:4]
		case strings.HasPrefix(line, "== define: "):
			title = "define"
			r.define = strings.TrimSpace(strings.TrimPrefix(line, "== define: "))
		case strings.HasPrefix(line, "== "):
			title = strings.TrimSpace(line[3:])
		default:
			r.sections[title] += line
		}
	}
	r.sections[sectionLog] = otherLog.ReplaceAllString(r.sections[sectionLog], "")
	if strings.HasPrefix(r.sections[sectionRun], "(same as baseline)") {
		r.sections[sectionRun] = r.sections[sectionBaseline]
	}
	return r
}

// otherLog are the lines of the kernel's log that do not tell of probes; exceptions.txt names them.
var otherLog = regexp.MustCompile(`(?m)^(umip: .*|process '.*' started with executable stack)\n`)

// rig is a program in the machine with its events.
type rig struct {
	arch    x86.Arch // of the kernel
	kernel  *linux.Kernel
	fs      *vfs.FS
	system  *uprobes.System
	session *Session
	out     bytes.Buffer
	log     []string
}

func newRig(t testing.TB, root string, arch x86.Arch) *rig {
	return newRigOf(t, root, arch, uprobes.Modern, Config{Records: DefaultRecords})
}

// newRigOf makes a rig with what cfg has of the trace buffer.
func newRigOf(t testing.TB, root string, arch x86.Arch, engine uprobes.Engine, cfg Config) *rig {
	fs, err := vfs.OpenRoot(root)
	require.NoError(t, err)
	t.Cleanup(func() { _ = fs.Close() })
	r := &rig{fs: fs, arch: arch}
	printk := func(s string) { r.log = append(r.log, s) }
	r.system = uprobes.New(uprobes.Options{Printk: printk, Engine: engine})
	cfg.Arch, cfg.FS, cfg.System, cfg.Printk = arch, fs, r.system, printk
	r.session = New(cfg)
	return r
}

// load maps a program, which has not run yet.
func (r *rig) load(t testing.TB, args ...string) {
	var err error
	r.kernel, err = linux.New(linux.Config{
		Path: args[0], Args: args, Kernel: &r.arch, FS: r.fs, Stdout: &r.out, Stderr: &r.out, Hooks: r.system, Level: emu.V3,
		Limits: linux.Limits{Steps: 20_000_000},
	})
	require.NoError(t, err)
	r.session.Attach(r.kernel)
}

// run runs the loaded program to its end and gives its output.
func (r *rig) run(t testing.TB) string {
	res, err := r.kernel.Run(context.Background())
	require.NoError(t, err)
	r.session.Attach(nil)
	r.kernel.Close()
	out := r.out.String() + "status=" + status(res) + "\n"
	r.out.Reset()
	return out
}

// status is a wait status as the recordings print it.
func status(res linux.Result) string {
	switch {
	case res.Bound != linux.NoBound:
		return res.String()
	case res.Signal != 0:
		return fmt.Sprintf("signal %d", res.Signal)
	}
	return fmt.Sprintf("exit %d", res.Code)
}

func errnoLine(err error) string {
	if err == nil {
		return "write rc=full\n"
	}
	var e events.Errno
	if !errors.As(err, &e) {
		return err.Error() + "\n"
	}
	if e == events.ENOTSUPP {
		return "write rc=-1 errno=524 ENOTSUPP(524)\n"
	}
	return fmt.Sprintf("write rc=-1 errno=%d %s\n", int(e), e.Name())
}

// volatile is what no two runs have in common: process numbers, CPU and time.
var volatile = regexp.MustCompile(`(?m)^ *(\S+)-\d+ +\[\d+\] (\S+) +\d+\.\d+: `)

func stripVolatile(s string) string { return volatile.ReplaceAllString(s, "$1 $2 ") }

func guestRoot(t testing.TB, program string) string {
	return guestRootOf(t, "../testdata/bin/"+program)
}

// guestRootOf makes a root directory with a program in /t.
func guestRootOf(t testing.TB, file string) string {
	root := t.TempDir()
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.Mkdir(filepath.Join(root, "t"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(root, "t", filepath.Base(file)), data, 0o755))
	return root
}

// machineOf is what a set of recordings was made on.
type machineOf struct {
	arch x86.Arch
	// processor: a real one, whose saved flags have RF. The others are the emulator's.
	processor bool
	// flags is the latency column of that kernel's uprobe lines, if it is not 6.1's.
	flags string
	// unseen are sections that were not recorded.
	unseen []string
}

// as makes what was got here comparable with what was recorded there.
func (m machineOf) as(got string) string {
	if !m.processor {
		got = savedFlags.ReplaceAllString(got, "${1}0$2")
	}
	if m.flags != "" {
		got = strings.ReplaceAll(got, " "+tracefs.UprobeFlags+" ", " "+m.flags+" ")
	}
	return got
}

func testCases(t *testing.T, set, program string, cases []recorded, m machineOf) {
	root := guestRoot(t, program)
	exceptions := readExceptions(t)
	require.Greater(t, len(cases), 90)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			differ := map[string]bool{}
			for title, text := range c.play(t, root, m.arch) {
				if slices.Contains(m.unseen, title) {
					continue
				}
				want := c.sections[title]
				d := differences(leaveOut(m.as(text), want), want)
				part := title
				if title == sectionBaseline || title == sectionRun {
					part = "program"
				}
				differ[part] = differ[part] || d != ""
				if _, ok := exceptions[set+" "+c.name+" "+part]; d != "" && !ok {
					t.Errorf("%s:\n%s", title, d)
				}
			}
			for part, differs := range differ {
				if _, ok := exceptions[set+" "+c.name+" "+part]; ok && !differs {
					t.Errorf("%s is equal, but listed as an exception", part)
				}
			}
		})
	}
}

// readExceptions reads the list of what is known to differ: "SET CASE[,CASE] PART: reason". Its key is "SET CASE PART".
func readExceptions(t testing.TB) map[string]string {
	data, err := os.ReadFile("../testdata/exceptions.txt")
	require.NoError(t, err)
	l := map[string]string{}
	for line := range strings.Lines(string(data)) {
		what, why, ok := strings.Cut(line, ": ")
		if !ok || line[0] == '#' {
			continue
		}
		w := strings.Fields(what)
		for _, name := range strings.Split(w[1], ",") {
			l[w[0]+" "+name+" "+w[2]] = strings.TrimSpace(why)
		}
	}
	return l
}

var leftOut = regexp.MustCompile(`(?m)^\((\d+) more lines of the same kind left out by the collector; \d+ in all\)\n`)

// leaveOut takes the lines out of the middle that the recording left out.
func leaveOut(got, want string) string {
	m := leftOut.FindStringSubmatchIndex(want)
	if m == nil {
		return got
	}
	n, _ := strconv.Atoi(want[m[2]:m[3]])
	at := strings.Count(want[:m[0]], "\n")
	lines := strings.SplitAfter(got, "\n")
	if at+n > len(lines) {
		return got
	}
	return strings.Join(lines[:at], "") + want[m[0]:m[1]] + strings.Join(lines[at+n:], "")
}

// play does to the case what was done when it was recorded.
func (c recorded) play(t *testing.T, root string, arch x86.Arch) map[string]string {
	got := map[string]string{}
	plain := newRig(t, root, arch)
	plain.load(t, c.args...)
	got[sectionBaseline] = plain.run(t)

	r := newRig(t, root, arch)
	r.load(t, c.args...)
	got["define"] = errnoLine(r.session.Registry().Write(tracefs.UprobeEvents, []byte(c.define+"\n")))
	e := r.session.Registry().Events()[0]
	err := r.session.Registry().SetEvent(e.Group, e.Name, true)
	got[sectionEnable] = errnoLine(err) + errnoLine(r.session.Registry().SetEvent(e.Group, e.Name, false))
	if err == nil {
		require.NoError(t, r.session.Registry().SetEvent(e.Group, e.Name, true))
	}
	got[sectionLog] = strings.Join(r.log, "\n")
	got[sectionRun] = r.run(t)
	got[sectionTrace] = r.session.Lines()
	got[sectionProfile] = r.session.Registry().UprobeProfile(r.session.Counts)

	early := newRig(t, root, arch) // nothing is mapped: nothing is refused
	require.NoError(t, early.session.Registry().Write(tracefs.UprobeEvents, []byte(c.define+"\n")))
	got[sectionEarly] = errnoLine(early.session.Registry().SetEvent(e.Group, e.Name, true))
	return got
}

// The recorded emulator does not set RF in the flags that a fault saves, and the address of a SIGTRAP that was sent
// is the pid.
var (
	savedFlags = regexp.MustCompile(`(?m)^(  ip=.* fl=\w+)1(\w{4})$`)
	sentTrap   = regexp.MustCompile(`(SIG 0*5 code=0+) addr=\w+`)
)

func normal(s string) string {
	return strings.TrimSpace(sentTrap.ReplaceAllString(stripVolatile(s), "$1 addr=PID"))
}

// differences lists the lines that differ.
func differences(got, want string) string {
	var b strings.Builder
	g, w := strings.Split(normal(got), "\n"), strings.Split(normal(want), "\n")
	for i := range max(len(g), len(w)) {
		x, y := line(g, i), line(w, i)
		if x != y {
			fmt.Fprintf(&b, "  got  %q\n  want %q\n", x, y)
		}
	}
	return b.String()
}

func line(l []string, i int) string {
	if i < len(l) {
		return l[i]
	}
	return ""
}
