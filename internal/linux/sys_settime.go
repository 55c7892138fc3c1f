package linux

import (
	"time"

	"trapline/internal/linux/abi"
)

// The clock is the number of instructions and is not set: who would be allowed to is
// answered as without CAP_SYS_TIME.

func sysSettimeofday(k *Kernel, t *Thread, c *call) int64 {
	if c.arg[0] != 0 {
		b := make([]byte, 2*c.word())
		if !t.proc.mm.Read(c.arg[0], b) {
			return -EFAULT
		}
		if wordAt(b, 1, c.word()) > uint64(time.Second/time.Microsecond) {
			return -EINVAL
		}
	}
	if c.arg[1] != 0 && !t.proc.mm.Read(c.arg[1], make([]byte, 8)) {
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
	if !t.proc.mm.Read(c.arg[1], make([]byte, 2*word)) {
		return -EFAULT
	}
	if _, r := k.readTimespec(t, c.arg[1], word); r != 0 {
		return r
	}
	return -EPERM
}

// Values of struct timex for a clock that nothing disciplines (ntp_clear()).
const (
	timexErrors    = 16_000_000 // microseconds
	timexUnsynced  = 0x40       // STA_UNSYNC
	timexConstant  = 2
	timexPrecision = 1
	timexTolerance = 500 << 16
	timexTick      = 10_000 // microseconds
	timexReadOnly  = 0xa001 // ADJ_OFFSET_SS_READ
	timexAdjtime   = 0x8000 // ADJ_ADJTIME
	timexOnce      = 0x0001 // ADJ_OFFSET
	timexKeepOnly  = 0x2000 // ADJ_OFFSET_READONLY
	timexError     = 5      // TIME_ERROR, the result
)

func sysAdjtimex(k *Kernel, t *Thread, c *call) int64 { return k.adjtimex(t, c.arg[0], c.word()) }

func sysClockAdjtime(k *Kernel, t *Thread, c *call) int64   { return k.clockAdjtime(t, c, c.word()) }
func sysClockAdjtime64(k *Kernel, t *Thread, c *call) int64 { return k.clockAdjtime(t, c, 8) }

func (k *Kernel) clockAdjtime(t *Thread, c *call, word int) int64 {
	switch id := c.int(0); {
	case !t.proc.mm.Read(c.arg[1], make([]byte, 26*word)):
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
	b := make([]byte, 20*word+4) // up to tai; what is behind it stays
	if !t.proc.mm.Read(va, b) {
		return -EFAULT
	}
	modes := le.Uint32(b)
	switch {
	case modes&timexAdjtime != 0 && modes&timexOnce == 0:
		return -EINVAL
	case modes&timexAdjtime != 0 && modes&timexKeepOnly != 0:
	case modes != 0:
		return -EPERM
	}
	k.readsClock()
	now := k.realTime()
	for i, v := range []uint64{0, 0, timexErrors, timexErrors, timexUnsynced, timexConstant, timexPrecision, timexTolerance,
		now / uint64(time.Second), now % uint64(time.Second) / 1000, timexTick, 0, 0, 0, 0, 0, 0, 0, 0} {
		if word == 8 {
			le.PutUint64(b[8*i+8:], v)
		} else {
			le.PutUint32(b[4*i+4:], uint32(v))
		}
	}
	le.PutUint32(b[len(b)-4:], 0) // tai
	if !t.proc.mm.Write(va, b) {
		return -EFAULT
	}
	return timexError
}
