package linux

import (
	"context"
	"errors"
	"io"
	"slices"

	"trapline/internal/emu"
	"trapline/internal/linux/abi"
	"trapline/internal/linux/vfs"
)

// MaxInput bounds the bytes of standard input that are kept for going back.
// Where more would be read the run ends (BoundInput).
const MaxInput = 16 << 20

// input is the guest's place in standard input.
type input struct {
	pos  uint64 // bytes read since the first snapshot
	from *source
}

// source is the host's side of standard input. It only grows: what was read
// since the first snapshot is read again from here after going back, in the
// same portions.
type source struct {
	r    io.Reader // nil: empty
	kept []byte
	ends []int // of the portions, in kept
	end  error // met behind kept, or nil
	keep bool  // a snapshot was taken
}

// read gives what the guest reads next: a count, 0 at the end, or -errno.
func (in *input) read(k *Kernel, b []byte) int64 {
	s := in.from
	if s.r == nil || len(b) == 0 {
		return 0
	}
	if !s.keep {
		n, err := s.next(b)
		if n == 0 {
			return k.inputEnd(err)
		}
		return int64(n)
	}
	if in.pos == uint64(len(s.kept)) && s.end == nil {
		if len(s.kept)+len(b) > MaxInput {
			k.stop(BoundInput)
			return -EIO
		}
		n, err := s.next(b)
		s.kept = append(s.kept, b[:n]...)
		s.ends = append(s.ends, len(s.kept))
		if n == 0 {
			s.end = err
		}
	}
	if in.pos == uint64(len(s.kept)) {
		return k.inputEnd(s.end)
	}
	i, here := slices.BinarySearch(s.ends, int(in.pos))
	if here {
		i++
	}
	n := copy(b, s.kept[in.pos:s.ends[i]])
	in.pos += uint64(n)
	return int64(n)
}

// inputEnd is the result of a read at the end of the host's stream, or at its
// error. A reader that gave up since its context is done ends the run.
func (k *Kernel) inputEnd(err error) int64 {
	switch {
	case err == io.EOF:
		return 0
	case errors.Is(err, context.DeadlineExceeded):
		k.stop(BoundTime)
	case errors.Is(err, context.Canceled):
		k.stop(BoundCanceled)
	}
	return fail(err)
}

// next reads from the host until there is something, the end or an error.
func (s *source) next(b []byte) (int, error) {
	for {
		if n, err := s.r.Read(b); n > 0 || err != nil {
			if n > 0 {
				err = nil
			}
			return n, err
		}
	}
}

// output is what the guest has written to one of the host's streams.
type output struct {
	pos  uint64 // bytes
	sum  uint64 // of them all, for state hashes
	kept []byte // the first ones; the array only grows
	to   *sink
}

// sink is the host's side of an output stream.
type sink struct {
	w    io.Writer // nil: none
	done uint64    // bytes passed on
	err  error     // with which w refused what comes behind done, or nil
}

// writeOut passes bytes to one of the host's streams, those that no earlier
// run of this stretch did. A stream that refuses them for no reason of the
// host's system is a broken pipe to the guest.
func (k *Kernel) writeOut(t *Thread, o *output, b []byte) int64 {
	if o.to.w == nil && k.cfg.Capture == 0 {
		return int64(len(b))
	}
	if k.stdout.pos+k.stderr.pos+uint64(len(b)) > uint64(k.cfg.Limits.Output) {
		k.stop(BoundOutput)
		return -ENOSPC
	}
	n := o.to.pass(b, o.pos)
	if n == 0 && len(b) > 0 {
		if e := vfs.HostErrnoOf(o.to.err); e != 0 && e != abi.EPIPE {
			return -int64(e)
		}
		t.send(sigInfo{signo: abi.SIGPIPE, code: abi.SI_USER, pid: t.proc.PID})
		return -EPIPE
	}
	o.add(b[:n], k.cfg.Capture)
	if k.cfg.Capture != 0 {
		k.both.add(b[:n], k.cfg.Capture)
	}
	return int64(n)
}

// pass hands on what of b, which stands at pos, was not handed on before. It
// returns how much of b the stream has taken.
func (s *sink) pass(b []byte, pos uint64) int {
	end := pos + uint64(len(b))
	if s.w != nil && end > s.done && s.err == nil {
		var n int
		n, s.err = s.w.Write(b[s.done-pos:])
		s.done += uint64(n)
	}
	if s.w == nil || end <= s.done {
		return len(b)
	}
	return int(s.done - min(s.done, pos))
}

// add notes what was written.
func (o *output) add(b []byte, limit int) {
	o.pos += uint64(len(b))
	var h emu.Hasher
	h.Uint64(o.sum)
	h.String(string(b))
	o.sum = h.Sum()
	o.kept = append(o.kept, b[:min(len(b), limit-min(limit, len(o.kept)))]...)
}

// Output is what the guest has written to standard output and standard error:
// the first Config.Capture bytes of each, and how many there were.
func (k *Kernel) Output() (stdout, stderr []byte, outBytes, errBytes uint64) {
	return k.stdout.kept, k.stderr.kept, k.stdout.pos, k.stderr.pos
}

// OutputInOrder is what the guest has written to both, in the order of its
// writes: the first Config.Capture bytes, and how many there were.
func (k *Kernel) OutputInOrder() (text []byte, n uint64) {
	return k.both.kept, k.stdout.pos + k.stderr.pos
}
