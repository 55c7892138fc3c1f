package linux

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/linux/vfs"
	"trapline/internal/x86"
)

// selftestFlags are what the kernel's makefiles give the compiler, by folder.
var selftestFlags = map[string]string{
	"x86":              "-O2 -g -std=gnu99 -pthread -no-pie -DCAN_BUILD_32 -DCAN_BUILD_64",
	"timers":           "-O3",
	"futex/functional": "-g -O2 -pthread -Ifutex/include -Ifutex -I.",
	"breakpoints":      "",
	"ptrace":           "-std=gnu99 -pthread -iquote../../../include/uapi -I.",
}

// Times after which a program has not passed. posix_timers needs the longest: four timers of two seconds on CPU time, which are 8
// thousand million instructions, a quarter of them around system calls.
const (
	selftestNative = 30 * time.Second
	selftestGuest  = 30 * time.Minute
)

// selftest is one program in one width.
type selftest struct {
	name   string // of the program, with its width
	width  string
	source string // below the folder, without .c
	build  []string
	args   []string
	guest  bool // not run natively
	clock  bool // on the host's clock
}

// TestSelftests runs the kernel's own selftests for x86, timers, futexes, breakpoints and ptrace, whose folder
// TRAPLINE_SELFTESTS names: all pass but those that have a reason not to.
func TestSelftests(t *testing.T) {
	dir := os.Getenv("TRAPLINE_SELFTESTS")
	if dir == "" {
		t.Skip("TRAPLINE_SELFTESTS names no folder of the kernel's selftests")
	}
	reasons := readReasons(t, "testdata/selftests-reasons")
	passed, programs := 0, readSelftests(t)
	for _, p := range programs {
		t.Run(p.name, func(t *testing.T) {
			prog := p.compile(t, dir)
			args := append([]string{prog}, p.args...)
			native := "not run"
			if !p.guest {
				native = runSelftest(t, args)
			}
			got, text := p.inside(t, args)
			t.Logf("natively %s, inside %s", native, got)
			if got == "passed" {
				passed++
			}
			if why, ok := reasons[p.name]; ok {
				assert.NotEqual(t, "passed", got, "it passes: take it off the list of those that do not (%s)", why)
				return
			}
			assert.Equal(t, "passed", got, "natively it %s\n%s", native, text)
		})
	}
	t.Logf("%d of %d programs pass", passed, len(programs))
}

// readReasons reads lines of a name and why it is as it is.
func readReasons(t *testing.T, file string) map[string]string {
	t.Helper()
	list := map[string]string{}
	for line := range strings.Lines(string(mustRead(t, file))) {
		if name, why, ok := strings.Cut(strings.TrimSpace(line), " "); ok && name != "#" {
			list[name] = why
		}
	}
	return list
}

// readSelftests reads testdata/selftests.
func readSelftests(t *testing.T) []selftest {
	t.Helper()
	var list []selftest
	for line := range strings.Lines(string(mustRead(t, "testdata/selftests"))) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		p := selftest{}
		for ; words[0][0] > '9'; words = words[1:] {
			switch list, isArgs := strings.CutPrefix(words[0], "ARGS="); {
			case isArgs:
				p.args = strings.Split(list, ",")
			case words[0] == "guest":
				p.guest = true
			case words[0] == "clock":
				p.clock = true
			default:
				require.Failf(t, "testdata/selftests", "%s: expected guest, clock, ARGS= or widths", line)
			}
		}
		p.source = words[1]
		for width := range strings.SplitSeq(words[0], ",") {
			one := p
			one.width, one.name = width, filepath.Base(p.source)+"_"+width
			for _, w := range words[2:] {
				if only, rest, ok := strings.Cut(w, ":"); !ok {
					one.build = append(one.build, w)
				} else if only == width {
					one.build = append(one.build, rest)
				}
			}
			list = append(list, one)
		}
	}
	return list
}

// compile builds the program.
func (p *selftest) compile(t *testing.T, dir string) string {
	t.Helper()
	prog := filepath.Join(t.TempDir(), p.name)
	flags, ok := selftestFlags[filepath.Dir(p.source)]
	require.True(t, ok, "no flags for %s", p.source)
	args := slices.Concat([]string{"-m" + p.width, "-w", "-D_GNU_SOURCE="}, strings.Fields(flags), []string{"-o", prog, p.source + ".c"}, p.build, []string{"-lrt", "-lpthread", "-ldl", "-lm"})
	cmd := exec.Command("gcc", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	return prog
}

// verdict says how a program ended.
func verdict(res Result) string {
	if res.Bound == NoBound && res.ExitStatus() == 0 {
		return "passed"
	}
	return "failed: " + res.String()
}

// runSelftest runs a program natively.
func runSelftest(t *testing.T, args []string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), selftestNative)
	defer cancel()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir, cmd.Env = filepath.Dir(args[0]), []string{"LC_ALL=C.UTF-8", "PATH=/usr/bin:/bin"}
	cmd.WaitDelay = time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if cmd.Start() == nil {
		_ = cmd.Wait()
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // the children of one that had no end
	}
	switch {
	case ctx.Err() != nil:
		return "had no end"
	case cmd.ProcessState == nil:
		return "could not be run"
	}
	return verdict(resultOf(cmd.ProcessState))
}

// inside runs a program in the machine and gives what it printed.
func (p *selftest) inside(t *testing.T, args []string, shown ...string) (how, text string) {
	t.Helper()
	dir := filepath.Dir(args[0])
	fs, err := vfs.OpenFiles(slices.Concat([]string{dir}, shown, hostLibraries)...)
	require.NoError(t, err)
	defer fs.Close()
	fs.Stock(map[string]string{"/tmp/": "", "/dev/shm/": ""})
	var out bytes.Buffer
	cfg := Config{
		FS: fs, User: &User{uint32(os.Getuid()), uint32(os.Getgid())}, Kernel: kernelOf(x86.AMD64), CPUs: 2, Path: args[0], Args: args, Dir: dir,
		Stdout: &out, Stderr: &out, Env: []string{"LC_ALL=C.UTF-8", "PATH=/usr/bin:/bin"}, Limits: Limits{Processes: 1024, Threads: 2048},
	}
	if p.clock {
		cfg.Clock = hostClock{}
	}
	k, err := New(cfg)
	require.NoError(t, err)
	defer k.Close()
	ctx, cancel := context.WithTimeout(context.Background(), selftestGuest)
	defer cancel()
	res, err := k.Run(ctx)
	require.NoError(t, err)
	return verdict(res), out.String()
}
