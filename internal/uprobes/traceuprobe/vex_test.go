package traceuprobe

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"trapline/internal/events/tracefs"
	"trapline/internal/rigs/testkit"
	"trapline/internal/x86"
)

// runningProbes bounds the probes of the kernel that runs the test: it takes some 45 ms for each to go.
var runningProbes = flag.Int("running-probes", 16, "probes on VEX instructions under the running kernel")

// U7: a probe on any VEX instruction with a RIP-relative operand, at any of VEX.R, X, B, reg and vvvv, changes nothing that the
// program sees, and it is hit once. The processor and its kernel show the same, where they can be asked.
func TestU7VEX(t *testing.T) {
	p, root := buildVEX(t)
	plain := newRig(t, root, x86.AMD64)
	plain.load(t, "/t/vex")
	want := plain.run(t)
	require.Equal(t, 712*len(p.code)+len("status=exit 0\n"), len(want))

	r := newRig(t, root, x86.AMD64)
	for i, at := range p.offsets {
		require.NoError(t, r.session.Registry().Write(tracefs.UprobeEvents, fmt.Appendf(nil, "p:v/p%d /t/vex:%#x\n", i, at)))
	}
	r.load(t, "/t/vex")
	accepted := make([]bool, len(p.code))
	for i := range p.code {
		accepted[i] = r.session.Registry().SetEvent("v", fmt.Sprintf("p%d", i), true) == nil
	}
	p.compare(t, want, r.run(t))
	for i, hits := range profile(t, r.session.Registry().UprobeProfile(r.session.Counts), "p") {
		require.Equal(t, accepted[i], hits == 1, "% x: %d hits", p.code[i], hits)
	}
	n := len(slices.DeleteFunc(slices.Clone(accepted), func(a bool) bool { return !a }))
	t.Logf("%d instructions, %d accepted", len(p.code), n)
	require.Greater(t, n, 250)

	have, err := os.ReadFile("/proc/cpuinfo")
	if err != nil || !bytes.Contains(have, []byte(" avx2 ")) {
		t.Log("not compared with the processor, which has no AVX2")
		return
	}
	if testkit.ProcessorIsOther() {
		t.Log("not compared with the processor, which is not AMD's: RCPPS and RSQRTPS give other approximations")
		return
	}
	p.compare(t, want, p.native(t))
	p.underRunningKernel(t, want, accepted)
}

// native is the program's output on the processor.
func (p *vexProgram) native(t *testing.T) string {
	file, err := os.Create(filepath.Join(t.TempDir(), "out")) // its writes are whole, which those to a pipe need not be
	require.NoError(t, err)
	defer file.Close()
	c := exec.Command(p.path)
	c.Stdout = file
	require.NoError(t, c.Run())
	out, err := os.ReadFile(file.Name())
	require.NoError(t, err)
	return string(out) + "status=exit 0\n"
}

// compare names the instruction behind which two outputs differ.
func (p *vexProgram) compare(t *testing.T, want, got string) {
	t.Helper()
	require.Equal(t, len(want), len(got))
	const state = 712
	for i, code := range p.code {
		if a, b := want[state*i:state*i+state], got[state*i:state*i+state]; a != b {
			at := 0
			for a[at] == b[at] {
				at++
			}
			t.Errorf("% x: byte %d is %#x, expected %#x", code, at, b[at], a[at])
		}
	}
}

// profile reads uprobe_profile: hits by the number in the name of an event.
func profile(t *testing.T, text, prefix string) map[int]int {
	hits := map[int]int{}
	for line := range strings.Lines(text) {
		var i int
		f := strings.Fields(line)
		if n, _ := fmt.Sscanf(f[1], prefix+"%d", &i); n == 1 {
			h, err := strconv.Atoi(f[2])
			require.NoError(t, err)
			hits[i] = h
		}
	}
	return hits
}

// underRunningKernel puts the probes of the kernel that runs the test on the program, where it lets a test do that.
func (p *vexProgram) underRunningKernel(t *testing.T, want string, accepted []bool) {
	dir := t.TempDir()
	if err := unix.Mount("tracefs", dir, "tracefs", 0, ""); err != nil {
		t.Logf("not compared with the running kernel: mount tracefs: %v", err)
		return
	}
	defer func() { require.NoError(t, unix.Unmount(dir, 0)) }()
	group := fmt.Sprintf("trapline%d", os.Getpid())
	every := max(len(p.code) / *runningProbes, 1)
	write := func(file, text string) error {
		f, err := os.OpenFile(filepath.Join(dir, file), os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = f.WriteString(text)
		return err
	}
	if err := write("uprobe_events", fmt.Sprintf("p:%s/v0 %s:%#x\n", group, p.path, p.offsets[0])); err != nil {
		t.Logf("not compared with the running kernel: %v", err)
		return
	}
	defer func() {
		_ = write("events/"+group+"/enable", "0")
		for i := 0; i < len(p.code); i += every {
			_ = write("uprobe_events", fmt.Sprintf("-:%s/v%d\n", group, i))
		}
	}()
	for i := every; i < len(p.code); i += every {
		require.NoError(t, write("uprobe_events", fmt.Sprintf("p:%s/v%d %s:%#x\n", group, i, p.path, p.offsets[i])))
	}
	require.NoError(t, write("events/"+group+"/enable", "1"))
	p.compare(t, want, p.native(t))
	text, err := os.ReadFile(filepath.Join(dir, "uprobe_profile"))
	require.NoError(t, err)
	differ := map[string]int{}
	for i, hits := range profile(t, string(text), "v") {
		if (hits == 1) != accepted[i] {
			differ[fmt.Sprintf("% x accepted %v, %d hits there", p.code[i], accepted[i], hits)]++
		}
	}
	require.Empty(t, differ)
}
