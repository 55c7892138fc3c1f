package traps_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/loader"
	"trapline/internal/rigs/testkit"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// kvmUnitTests names the folder with the sources of the kvm-unit-tests
// (https://gitlab.com/kvm-unit-tests/kvm-unit-tests), which judge how KVM plays
// a processor. They are not part of this project.
const kvmUnitTests = "TRAPLINE_KVM_UNIT_TESTS"

// kvmUnit is one of their programs, compiled and booted.
type kvmUnit struct {
	*rig
	symbols loader.Symbols
}

// peer compiles x86/NAME.c and puts it on a booted machine, or skips.
func peer(t *testing.T, a x86.Arch, name string) *kvmUnit {
	t.Helper()
	dir := os.Getenv(kvmUnitTests)
	if dir == "" {
		t.Skipf("%s names no folder with their sources", kvmUnitTests)
	}
	data, err := os.ReadFile(buildPeer(t, dir, a, name))
	require.NoError(t, err)
	img, err := loader.ReadELF(data, loader.Options{Limits: loader.Limits{Memory: 1 << 24}})
	require.NoError(t, err)
	r := boot(t, a, traps.Options{})
	s := r.c.Space
	for _, gs := range []uint64{0, 0x400000} { // per-CPU data, where these tests set GS's base
		require.NoError(t, r.k.MapZero(s, gs, emu.PageSize, emu.Write|emu.User))
	}
	for _, seg := range img.Segments {
		require.NoError(t, r.k.MapZero(s, seg.Addr, seg.MemSize, emu.Write|emu.Exec|emu.User))
		require.NoError(t, r.m.WriteBytes(s, seg.Addr, seg.Data))
	}
	p := &kvmUnit{r, img.Symbols}
	r.m.Kernel = &peerKernel{Kernel: r.k, p: p}
	require.NoError(t, r.k.Start(0, traps.Task{Name: name}, 0, img.Entry, p.at("stack_top")-8))
	r.c.RFLAGS &^= x86.IF
	if a == x86.I386 {
		require.Nil(t, r.m.LoadData(r.c, x86.GS, r.k.Layout.KernelDS))
	}
	return p
}

func buildPeer(t *testing.T, dir string, a x86.Arch, name string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), name)
	here, err := filepath.Abs("testdata/kvmunit")
	require.NoError(t, err)
	width, setjmp := "-m64", "setjmp64.S"
	if a == x86.I386 {
		width, setjmp = "-m32", "setjmp32.S"
	}
	args := []string{width, "-O1", "-std=gnu99", "-ffreestanding", "-nostdlib", "-static", "-fno-pic", "-no-pie", "-mno-red-zone",
		"-mno-sse", "-mno-sse2", "-fno-stack-protector", "-fcf-protection=none", "-fno-omit-frame-pointer",
		"-fno-asynchronous-unwind-tables", "-w", "-Wa,--divide", "-Wl,--build-id=none", "-z", "noexecstack",
		"-Ilib", "-Ilib/x86", "-T", filepath.Join(here, "shim.lds"), "-o", out,
		filepath.Join(here, "shim.c"), "x86/" + name + ".c", "lib/x86/desc.c", "lib/x86/isr.c", "lib/x86/atomic.c",
		"lib/printf.c", "lib/ldiv32.c", "lib/report.c", "lib/string.c", "lib/x86/" + setjmp}
	if a == x86.AMD64 {
		args = append(args, "lib/x86/usermode.c")
	}
	cmd := exec.Command("gcc", args...)
	cmd.Dir = dir
	text, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", text)
	return out
}

// peerKernel skips the prefix by which these tests ask KVM for its emulator,
// UD2 and "kvm", and changes the mapping of a page by INT 81h.
type peerKernel struct {
	*traps.Kernel
	p     *kvmUnit
	frame emu.PTE // of the page that is absent
}

func (k *peerKernel) Hypercall(m *emu.Machine, c *emu.CPU, pc uint64) bool {
	if k.p.c.Sys.GDTR.Base != k.p.at("gdt") {
		return k.Kernel.Hypercall(m, c, pc)
	}
	va, _ := m.PeekWord(c.Space, k.p.at("page_virt"), m.Arch.Word())
	if k.p.number("page_present") == 0 {
		k.frame, _ = c.Space.Lookup(va)
		c.Space.Unmap(va, 1)
	} else if err := c.Space.Map(va, k.frame.Frame, 1, k.frame.Prot); err != nil {
		return false
	}
	c.RIP += 2
	return true
}

func (k *peerKernel) Deliver(m *emu.Machine, c *emu.CPU, t emu.Trap) {
	var b [5]byte
	if t.Vector == x86.VecUD && c.Space.Peek(c.LinearPC(), b[:]) == len(b) && string(b[:]) == "\x0f\x0bkvm" {
		c.RIP += uint64(len(b))
		return
	}
	k.Kernel.Deliver(m, c, t)
}

func (p *kvmUnit) at(symbol string) uint64 {
	p.Helper()
	s, ok := p.symbols.Lookup(symbol)
	require.True(p, ok, symbol)
	return s.Addr
}

func (p *kvmUnit) number(symbol string) uint32 {
	v, _ := p.m.PeekWord(p.c.Space, p.at(symbol), 4)
	return uint32(v)
}

var reported = regexp.MustCompile(`(?m)^(PASS|FAIL): (.*)$`)

// run runs the program to its end and gives what it reported.
func (p *kvmUnit) run() (passed, failed []string) {
	p.Helper()
	const apicTimer, steps = 0xee, 3_000_000
	n := 0
	for ; n < steps && p.c.Shutdown == ""; n++ {
		if p.c.Halted && p.number("timer_armed") != 0 {
			p.m.PokeWord(p.c.Space, p.at("timer_armed"), 4, 0)
			p.c.RaiseInterrupt(apicTimer)
		}
		if !p.c.CanStep() {
			break
		}
		p.step()
	}
	text := make([]byte, p.number("console_used"))
	p.c.Space.Peek(p.at("console"), text)
	require.Empty(p, p.c.Shutdown, "%s", text)
	require.Less(p, n, steps, "%s", text)
	require.LessOrEqual(p, int32(p.number("exit_status")), int32(1), "%s", text)
	for _, m := range reported.FindAllStringSubmatch(string(text), -1) {
		if m[1] == "PASS" {
			passed = append(passed, m[2])
		} else {
			failed = append(failed, m[2])
		}
	}
	p.Logf("%d passed, %d failed:\n%s", len(passed), len(failed), strings.Join(failed, "\n"))
	return passed, failed
}

func TestPeerDebug(t *testing.T) {
	passed, failed := peer(t, x86.AMD64, "debug").run()
	require.Empty(t, failed)
	require.Len(t, passed, 25)
}

func TestPeerUMIP(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		passed, failed := peer(t, a, "umip").run()
		require.Empty(t, failed)
		require.Len(t, passed, 21)
	})
}

func TestPeerIDT(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		passed, failed := peer(t, a, "idt_test").run()
		require.Empty(t, failed)
		require.Len(t, passed, 4)
	})
}

// The integer and SSE instructions that KVM has to emulate.
func TestPeerEmulator(t *testing.T) {
	p := peer(t, x86.AMD64, "emulator")
	p.m.Vendor = emu.Intel // for the far pointer of 64 bits
	passed, failed := p.run()
	require.Empty(t, slices.DeleteFunc(failed, func(name string) bool { return elsewhere[name] }))
	require.Greater(t, len(passed), 120)
}

// elsewhere are reports that need a device, x87 exceptions, or a #DB that the manual says is
// held off (P7) where AMD's processors raise it: CPUID shows one of those.
var elsewhere = map[string]bool{
	"outsb up": true, "outsb down": true, "string_io_mmio": true, "movq mmx generates #MF": true,
	"no fep: #DB occurred after MOV SS": true, "fep MOV-SS: #DB occurred after MOV SS": true,
}
