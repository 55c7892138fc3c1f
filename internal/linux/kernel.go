package linux

import (
	"errors"
	"fmt"
	"io"
	"time"

	"trapline/internal/emu"
	"trapline/internal/linux/abi"
	"trapline/internal/linux/mm"
	"trapline/internal/linux/net"
	"trapline/internal/linux/page"
	"trapline/internal/linux/state"
	"trapline/internal/linux/vfs"
	"trapline/internal/x86"
)

// Clock is the host's time for programs that must see it.
type Clock interface {
	Now() time.Time
	// Sleep waits about d. It may return early.
	Sleep(d time.Duration)
}

// User is who a guest's processes are.
type User struct{ UID, GID uint32 }

// Config describes a run.
type Config struct {
	Path string   // the program's path in FS, absolute or below Dir
	Args []string // argv; empty: Path
	Env  []string
	More []Program // more programs of the run, in the order in which they start; it ends with the last of them
	When When      // the next one starts
	// Background has the run go on until the processes that the program left behind have ended too.
	Background bool
	User       *User   // whose processes they are; nil: user and group 1000
	Dir        string  // working directory in FS; empty: "/"
	FS         *vfs.FS // what the guest sees of the host's files

	Stdin          io.Reader // nil: empty
	Stdout, Stderr io.Writer // nil: discarded; each byte comes once, however often the run goes back
	Capture        int       // bytes of each that Output keeps, and of both OutputInOrder

	// Kernel is the kernel's width; nil: Path's program's. A 64-bit kernel runs 32-bit
	// programs too (U15).
	Kernel *x86.Arch
	CPUs   int // vCPUs; 0: 1
	// StoreBuffer and SplitRMW are emu.Config's: steps have them, Run does not.
	StoreBuffer int
	SplitRMW    bool
	Vendor      emu.Vendor
	Processor   emu.Processor // of the machine
	Level       emu.Level     // what its CPUID shows
	Quantum     int           // instructions before another thread's turn; 0: 10000, negative: never
	Seed        uint64        // of AT_RANDOM, getrandom, RDRAND and RDSEED
	Clock       Clock         // nil: time is the number of instructions, in nanoseconds
	Limits      Limits
	Hooks       Hooks                       // nil: none
	Watch       Watcher                     // of Run; nil: none
	OnCall      func(CallRecord)            // every system call when it ends; nil: none
	OnSignal    func(t *Thread, signal int) // every signal that a thread takes; nil: none
	OnNoProgram func(path string)           // every program that execve does not find; nil: none
	OnNoFile    func(path string)           // every path that is opened to be read, or asked about, and is not found; nil: none
	OnTurn      func(uint64)                // now and then in Run, with the number of instructions; nil: none
}

// Kernel is the Linux side of a machine. It implements emu.Kernel,
// emu.Syscaller and emu.Worker.
type Kernel struct {
	m         *emu.Machine
	pages     *page.Allocator
	memory    *mm.Memory
	cfg       Config
	fs        *vfs.Overlay // what the guest sees: cfg.FS under what it changed
	tables    mm.Tables
	kinds     *state.Kinds
	net       *net.Stack
	gdt       emu.Frame                       // first of one frame per vCPU
	idleSpace *emu.Space                      // of vCPUs whose thread's is gone
	hostText  map[string]func(*Kernel) string // of hostFiles

	kernelState
	started time.Time

	caller  *Process // whose system call is under way
	fast    bool     // Run: no events
	telling bool     // a step is under way whose event is read
	entered bool     // it ran a system call
	reaches bool     // it ran one that may have reached other threads
	cells   emu.Cells
}

// ErrOtherArch is returned for a program of 64 bits under a kernel of 32, and for
// an interpreter that is not of its program's width.
var ErrOtherArch = errors.New("program of the other register width")

// New loads the program of cfg into a machine of the kernel's architecture. Errors of
// the ELF file are package loader's.
func New(cfg Config) (*Kernel, error) {
	cfg.Limits = cfg.Limits.withDefaults()
	if cfg.Capture < 0 {
		return nil, fmt.Errorf("capture of %d bytes: expected 0 or more", cfg.Capture)
	}
	if cfg.CPUs == 0 {
		cfg.CPUs = 1
	}
	if cfg.Quantum == 0 {
		cfg.Quantum = defaultQuantum
	}
	if cfg.Dir == "" {
		cfg.Dir = "/"
	}
	if len(cfg.Args) == 0 {
		cfg.Args = []string{cfg.Path}
	}
	if cfg.FS == nil {
		return nil, errors.New("no file tree: Config.FS is nil")
	}
	k := &Kernel{cfg: cfg, kernelState: kernelState{
		locks: map[vfs.Key][]lock{}, procs: map[int]*Process{}, unknown: map[unknownCall]int{},
		current: make([]*Thread, cfg.CPUs), slice: make([]int, cfg.CPUs), random: generator{cfg.Seed},
		input:   input{from: &source{r: cfg.Stdin}},
		timerAt: never, stdout: output{to: &sink{w: cfg.Stdout}}, stderr: output{to: &sink{w: cfg.Stderr}},
	}}
	k.fs = vfs.NewOverlay(cfg.FS, k.currentTime, k.unmapBehind)
	k.net = net.NewStack(kernelOfNet{k})
	k.kinds = k.kindsOf()
	if cfg.Clock != nil {
		k.started = cfg.Clock.Now()
	}
	if err := k.boot(); err != nil {
		k.Close()
		return nil, err
	}
	k.haltIdle()
	k.m.AddPart(k)
	k.cells = k.m.NewCells()
	return k, nil
}

// boot makes the machine and its first process.
func (k *Kernel) boot() error {
	prog, err := k.openProgram(k.cfg.Dir, absoluteIn(k.cfg.Dir, k.cfg.Path), k.cfg.Path, k.cfg.Args)
	if err != nil {
		return fmt.Errorf("%s: %w", k.cfg.Path, err)
	}
	arch := prog.image.Arch
	if k.cfg.Kernel != nil {
		arch = *k.cfg.Kernel
	}
	k.m, err = emu.New(emu.Config{Arch: arch, CPUs: k.cfg.CPUs, Memory: k.cfg.Limits.Memory, Vendor: k.cfg.Vendor, Processor: k.cfg.Processor, Level: k.cfg.Level, Seed: k.cfg.Seed, StoreBuffer: k.cfg.StoreBuffer, SplitRMW: k.cfg.SplitRMW})
	if err != nil {
		return err
	}
	k.m.Kernel, k.m.Worker = k, k
	k.pages = page.New(k.m.Mem, func() { k.stop(BoundMemory) })
	k.fs.SetMemory(k.pages)
	k.memory = mm.NewMemory(k.m, k.pages, k.fs, k.cfg.Hooks, kernelOfMM{k})
	k.idleSpace = k.m.CPUs[0].Space
	k.tables = mm.TablesOf[arch]
	if k.layoutOf(prog.image.Arch) == nil {
		return fmt.Errorf("%s: %w: a 32-bit kernel does not run 64-bit programs", k.cfg.Path, ErrOtherArch)
	}
	if err := k.setupCPUs(); err != nil {
		return err
	}
	p, t := k.newProgram()
	k.init = p
	if err := k.load(t, prog, k.cfg.Env); err != nil {
		return err
	}
	if err := k.checkMore(); err != nil {
		return err
	}
	for k.cfg.When == AtOnce && k.moreToStart() {
		k.startNext()
	}
	return nil
}

// setupCPUs gives every vCPU its descriptor table.
func (k *Kernel) setupCPUs() error {
	var n int
	k.gdt, n = k.pages.Alloc(len(k.m.CPUs))
	if n < len(k.m.CPUs) {
		return mm.ErrNoMemory
	}
	if err := k.idleSpace.Map(k.tables.Gdt, k.gdt, n, emu.Write); err != nil {
		return err
	}
	table := descriptors(k.m.Arch)
	for i, c := range k.m.CPUs {
		c.Sys.GDTR = emu.TableReg{Base: k.tables.Gdt + uint64(i)*emu.PageSize, Limit: 8*gdtEntries - 1}
		c.Sys.MSR.TSCAux = uint64(i)
		c.Sys.CR4 |= emu.CR4UMIP
		for j, d := range table {
			k.setDescriptor(c, j, d)
		}
	}
	return nil
}

// Files is the tree that the guest sees.
func (k *Kernel) Files() *vfs.Overlay { return k.fs }

// Machine is the machine under the kernel.
func (k *Kernel) Machine() *emu.Machine { return k.m }

// Init is the first process.
func (k *Kernel) Init() *Process { return k.init }

// Current is the thread on vCPU id, or nil.
func (k *Kernel) Current(id int) *Thread { return k.current[id] }

// Close frees the machine and closes the guest's files. The FS stays open.
func (k *Kernel) Close() {
	for _, p := range k.procs {
		if p.files != nil {
			k.dropFiles(p.files)
		}
	}
	k.fs.CloseInodes()
	if k.m != nil {
		k.m.Close()
	}
}

// Now is the time since the start, in nanoseconds.
func (k *Kernel) Now() uint64 {
	if k.cfg.Clock != nil {
		return uint64(k.cfg.Clock.Now().Sub(k.started))
	}
	return k.steps + k.skipped
}

// realTime is the wall clock in nanoseconds since 1970.
func (k *Kernel) realTime() uint64 {
	if k.cfg.Clock != nil {
		return uint64(k.cfg.Clock.Now().UnixNano())
	}
	return vfs.Epoch*uint64(time.Second) + k.Now()
}

// currentTime is the time that a file gets: the guest can read it.
func (k *Kernel) currentTime() abi.Timespec {
	k.readsClock()
	return timespecOf(k.realTime())
}

// changed notes that something happened that may end somebody's wait.
func (k *Kernel) changed() { k.changes++ }

// Changed lets threads that are held back try again (HeldBack).
func (k *Kernel) Changed() { k.changed() }

// generator is splitmix64: the source of the guest's random numbers.
type generator struct{ s uint64 }

func (g *generator) next() uint64 {
	g.s += 0x9e3779b97f4a7c15
	z := g.s
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func (g *generator) fill(b []byte) {
	for i := range b {
		b[i] = byte(g.next())
	}
}
