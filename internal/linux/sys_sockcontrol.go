package linux

import (
	"trapline/internal/linux/abi"
	"trapline/internal/linux/mm"
	"trapline/internal/linux/net"
)

// Control messages: what comes beside the bytes of sendmsg(2) and recvmsg(2).

// readControl reads what is sent beside bytes (scm_send).
func (k *Kernel) readControl(t *Thread, s *net.Socket, h *msghdr, m *net.Message) int64 {
	const most = 64 << 10
	if h.Control == 0 || h.Controllen == 0 {
		return 0
	}
	if h.Controllen > most {
		return -ENOBUFS
	}
	b := make([]byte, h.Controllen)
	if !t.proc.mm.Read(uint64(h.Control), b) {
		return -EFAULT
	}
	for len(b) >= h.cmsgHead() {
		var head abi.Cmsghdr
		abi.Unmarshal(h.word, b, &head)
		if head.Len < abi.ULong(h.cmsgHead()) || head.Len > abi.ULong(len(b)) {
			return -EINVAL
		}
		kind, data := head.Type, b[h.cmsgHead():head.Len]
		b = b[min(h.align(int(head.Len)), len(b)):]
		if head.Level != abi.SOL_SOCKET {
			if s.Family == abi.AF_UNIX {
				continue
			}
			return -EINVAL
		}
		switch {
		case s.Family != abi.AF_UNIX && (kind == abi.SCM_RIGHTS || kind == abi.SCM_CREDENTIALS): // AF_UNIX's, for others nothing
		case kind == abi.SCM_RIGHTS:
			if r := t.readRights(data, m); r != 0 {
				return r
			}
		case kind == abi.SCM_CREDENTIALS:
			var u abi.Ucred
			if len(data) != abi.Sizeof(h.word, u) {
				return -EINVAL
			}
			abi.Unmarshal(h.word, data, &u)
			given := net.Credentials{PID: u.Pid, UID: u.Uid, GID: u.Gid}
			if given != m.Cred && k.user().UID != 0 {
				return -EPERM
			}
			if k.procs[int(given.PID)] == nil {
				return -ESRCH
			}
			m.Cred, m.Given = given, true
		default:
			return -EINVAL
		}
	}
	return 0
}

// readRights reads the descriptors of one control message.
func (t *Thread) readRights(data []byte, m *net.Message) int64 {
	for ; len(data) >= 4; data = data[4:] {
		if len(m.Rights) == net.MaxRights {
			return -EINVAL
		}
		f := t.proc.files.get(int(int32(le.Uint32(data))))
		if f == nil {
			return -EBADF
		}
		m.Rights = append(m.Rights, f)
	}
	return 0
}

// writeControl gives credentials and descriptors that came (scm_recv()): how many bytes of the buffer it took. What cannot be
// written is left out.
func (k *Kernel) writeControl(t *Thread, s *net.Socket, h *msghdr, flags int, a *net.Arrival) int {
	room, used := uint64(h.Controllen), 0
	if h.Control == 0 {
		room = 0
	}
	put := func(kind int32, data []byte) {
		b := append(abi.Marshal(h.word, abi.Cmsghdr{Len: abi.ULong(h.cmsgHead() + len(data)), Level: abi.SOL_SOCKET, Type: kind}), data...)
		n := min(uint64(len(b)), room)
		if n > 0 && !t.proc.mm.Write(uint64(h.Control)+uint64(used), b[:n]) {
			return
		}
		n = min(uint64(h.align(len(b))), room)
		used += int(n)
		room -= n
	}
	if s.Opts.PassCred && (a.WithCred || s.IsStream()) { // the end of a stream comes from nobody: zeros
		data := abi.Marshal(h.word, a.Cred.Ucred())
		if room < uint64(h.cmsgHead()) {
			a.Flags |= abi.MSG_CTRUNC
		} else {
			if room < uint64(h.cmsgHead()+len(data)) {
				a.Flags |= abi.MSG_CTRUNC
				data = data[:room-uint64(h.cmsgHead())]
			}
			put(abi.SCM_CREDENTIALS, data)
		}
	}
	var fds []byte
	for len(a.Rights) > 0 && room >= uint64(h.cmsgHead()+len(fds)+4) &&
		t.proc.mm.Ready(uint64(h.Control)+uint64(used), h.cmsgHead()+len(fds)+4, mm.ProtWrite) {
		fd := t.proc.files.add(a.Rights[0].(*File), 0, flags&abi.MSG_CMSG_CLOEXEC != 0)
		if fd < 0 {
			break
		}
		a.Rights = a.Rights[1:]
		fds = le.AppendUint32(fds, uint32(fd))
	}
	if len(a.Rights) > 0 {
		a.Flags |= abi.MSG_CTRUNC
		k.closeRights(a)
	}
	if len(fds) > 0 {
		put(abi.SCM_RIGHTS, fds)
	}
	return used
}
