package linux

// device is a file that is no host file.
type device uint8

const (
	notDevice device = iota
	devNull
	devZero
	devRandom
	devStdin
	devStdout
	devStderr
	devFull
	devText // content is File.text
	devMem  // /proc/PID/mem
	devName // /proc/PID/comm: the name of the thread File.tid, which what is written becomes
	devList // a generated directory, which is read anew
	devTTY  // /dev/tty, before it is open
	devPtmx
	devPts    // a name below /dev/pts
	devMaster // an open end of a terminal
	devSlave
	devEvent
	devSemaphore // an eventfd that gives its count one by one
	devEpoll
	devTimer
	devSignal  // of signalfd(2)
	devNotify  // an inotify instance
	devQueue   // a message queue
	devProcess // of pidfd_open(2)
)
