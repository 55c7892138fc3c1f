package linux

import (
	"time"

	"trapline/internal/linux/abi"
)

// The clock is the number of instructions and is not set: who would be allowed to is
// answered as without CAP_SYS_TIME.

func sysSettimeofday(k *Kernel, t *Thread, c *call) int64 {
	if c.arg[0] != 0 {
		var tv abi.Timeval
		if !copyFromUser(t.proc.mm, c.arg[0], c.word(), &tv) {
			return -EFAULT
		}
		if uint64(tv.Usec) > uint64(time.Second/time.Microsecond) {
			return -EINVAL
		}
	}
	if c.arg[1] != 0 && !copyFromUser(t.proc.mm, c.arg[1], c.word(), &abi.Timezone{}) {
		return -EFAULT
	}
	return -EPERM
}

func sysClockSettime(k *Kernel, t *Thread, c *call) int64   { return k.clockSettime(t, c, c.word()) }
func sysClockSettime64(k *Kernel, t *Thread, c *call) int64 { return k.clockSettime(t, c, 8) }

func (k *Kernel) clockSettime(t *Thread, c *call, word int) int64 {
	if id := c.int(0); id != abi.CLOCK_REALTIME && id >= 0 { // the others have no setting
		return -EINVAL
	}
	if _, r := k.readTimespec(t, c.arg[1], word); r != 0 {
		return r
	}
	return -EPERM
}

// undisciplined is a clock that nothing disciplines (ntp_clear()).
var undisciplined = abi.Timex{
	Maxerror: 16_000_000, Esterror: 16_000_000, // microseconds: NTP_PHASE_LIMIT
	Status: abi.STA_UNSYNC, Constant: 2, Precision: 1, Tolerance: 500 << 16, // MAXFREQ, in units of 2^-16 ppm
	Tick: 10_000, // microseconds
}

func sysAdjtimex(k *Kernel, t *Thread, c *call) int64 { return k.adjtimex(t, c.arg[0], c.word()) }

func sysClockAdjtime(k *Kernel, t *Thread, c *call) int64   { return k.clockAdjtime(t, c, c.word()) }
func sysClockAdjtime64(k *Kernel, t *Thread, c *call) int64 { return k.clockAdjtime(t, c, 8) }

func (k *Kernel) clockAdjtime(t *Thread, c *call, word int) int64 {
	switch id := c.int(0); {
	case !copyFromUser(t.proc.mm, c.arg[1], word, &abi.Timex{}):
		return -EFAULT
	case id == abi.CLOCK_REALTIME:
		return k.adjtimex(t, c.arg[1], word)
	default:
		if _, ok := t.clock(id); !ok {
			return -EINVAL
		}
		return -ENOTSUP
	}
}

// adjtimex reads how the clock is disciplined: it is not.
func (k *Kernel) adjtimex(t *Thread, va uint64, word int) int64 {
	b := make([]byte, abi.Sizeof(word, abi.Timex{}))
	told := b[:abi.Offsetof(word, abi.Timex{}, "Tai")+4] // what is behind it stays
	if !t.proc.mm.Read(va, told) {
		return -EFAULT
	}
	var tx abi.Timex
	abi.Unmarshal(word, b, &tx)
	switch {
	case tx.Modes&abi.ADJ_ADJTIME != 0 && tx.Modes&abi.ADJ_OFFSET == 0:
		return -EINVAL
	case tx.Modes&abi.ADJ_ADJTIME != 0 && tx.Modes&abi.ADJ_OFFSET_READONLY != 0:
	case tx.Modes != 0:
		return -EPERM
	}
	k.readsClock()
	now := undisciplined
	now.Modes, now.Time = tx.Modes, timevalOf(k.realTime())
	abi.Put(word, b, now)
	if !t.proc.mm.Write(va, told) {
		return -EFAULT
	}
	return abi.TIME_ERROR
}
