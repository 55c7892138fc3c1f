package linux

import (
	"context"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"trapline/emu/unicorn"
)

// BenchmarkSpeed runs a SHA-256 loop without a library: in the machine, in the
// bare CPU library (count 0, the machine's memory copied, up to the only system
// call), and natively.
func BenchmarkSpeed(b *testing.B) {
	prog := filepath.Join(b.TempDir(), "program")
	text, err := exec.Command("gcc", "-O1", "-static", "-nostdlib", "-ffreestanding", "-fno-stack-protector", "-fno-pic", "-no-pie",
		"-fno-tree-loop-distribute-patterns", "-o", prog, filepath.Join("testdata", "steps.c")).CombinedOutput()
	require.NoError(b, err, "%s", text)
	fs, err := OpenFiles(prog)
	require.NoError(b, err)
	defer fs.Close()
	load := func() *Kernel {
		k, err := New(Config{Path: prog, Args: []string{prog, "bench"}, FS: fs})
		require.NoError(b, err)
		return k
	}
	var insns uint64
	rate := func(b *testing.B) { b.ReportMetric(float64(insns)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Minsns/s") }
	b.Run("machine", func(b *testing.B) {
		for b.Loop() {
			k := load()
			res, err := k.Run(context.Background())
			require.NoError(b, err)
			require.Equal(b, NoBound, res.Bound)
			insns = res.Steps
			k.Close()
		}
		rate(b)
	})
	b.Run("bare", func(b *testing.B) {
		for b.Loop() {
			k := load()
			runBare(b, k)
			k.Close()
		}
		rate(b)
	})
	b.Run("native", func(b *testing.B) {
		for b.Loop() {
			_ = exec.Command(prog, "bench").Run()
		}
		rate(b)
	})
}

// runBare runs k's first thread up to its first system call in an engine of its
// own.
func runBare(b *testing.B, k *Kernel) {
	eng, err := unicorn.Open(unicorn.Width64, false)
	require.NoError(b, err)
	defer eng.Close()
	mm := k.init.mm
	for _, v := range mm.VMAs() {
		host, err := syscall.Mmap(-1, 0, int(v.End-v.Start), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
		require.NoError(b, err)
		defer func() { _ = syscall.Munmap(host) }()
		mm.Read(v.Start, host)
		const all = unicorn.ProtRead | unicorn.ProtWrite | unicorn.ProtExec
		require.NoError(b, eng.Map(v.Start, v.End-v.Start, all, unsafe.Pointer(&host[0])))
	}
	ctx, err := eng.NewContext()
	require.NoError(b, err)
	core := *k.init.thr[0].Core()
	var x unicorn.Exit
	eng.Run(ctx, &core, &x, 0, true)
	const exit = 60
	require.Equal(b, uint64(exit), core.GPR[0], "status %v at %#x", x.Status, core.RIP)
}
