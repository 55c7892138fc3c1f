package linux

// Limits bounds a run. A zero field takes its default.
type Limits struct {
	Steps     uint64 // instructions of all threads together
	Memory    int    // bytes of physical memory, page cache included
	Processes int    // alive or zombies
	Threads   int    // of all processes together
	Files     int    // open descriptors of one process (RLIMIT_NOFILE)
	Maps      int    // vmas of one address space (vm.max_map_count)
	Output    int64  // bytes written to stdout and stderr
}

// The defaults of Limits.
const (
	DefaultSteps     = 1 << 40
	DefaultMemory    = 512 << 20
	DefaultProcesses = 64
	DefaultThreads   = 256
	DefaultFiles     = 1024
	DefaultMaps      = 2048
	DefaultOutput    = 1 << 32
)

// Fixed bounds of single calls.
const (
	maxPath        = 4096         // PATH_MAX
	maxIOVec       = 1024         // UIO_MAXIOV
	maxCount       = 1<<31 - 4096 // bytes moved by one call (MAX_RW_COUNT)
	maxPart        = 1 << 20      // bytes of the host's memory that one call takes at a time
	maxArgs        = 2 << 20      // bytes of argv and envp
	maxProgram     = 512 << 20    // bytes of an executable file
	pipeSize       = 65536
	stackLimit     = 8 << 20 // RLIMIT_STACK
	maxQueued      = 1024    // real-time signals waiting in one thread or process
	defaultQuantum = 10000   // instructions before another thread's turn
)

func (l Limits) withDefaults() Limits {
	def := func(p *int, v int) {
		if *p == 0 {
			*p = v
		}
	}
	if l.Steps == 0 {
		l.Steps = DefaultSteps
	}
	if l.Output == 0 {
		l.Output = DefaultOutput
	}
	def(&l.Memory, DefaultMemory)
	def(&l.Processes, DefaultProcesses)
	def(&l.Threads, DefaultThreads)
	def(&l.Files, DefaultFiles)
	def(&l.Maps, DefaultMaps)
	return l
}
