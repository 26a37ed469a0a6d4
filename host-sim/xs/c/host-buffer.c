/*
 * Buffers outside of the heap: memory of the board's that a program sees for a while, as a camera's frame.
 */
#include "thimble.h"

static void bufferDestructor(void* data)
{
	c_free(data);
}

typedef struct { txHostReference* prototype; const void* bytes; txU4 length; } txBufferData;

static void createBuffer(txMachine* the, void* data)
{
	txBufferData* it = data;
	void* memory;
	mxPushSlot(&it->prototype->slot);
	fxNewHostInstance(the);
	fxSetHostDestructor(the, the->stack, bufferDestructor);
	memory = c_malloc(it->length ? it->length : 1);
	if (!memory)
		__builtin_trap();
	c_memcpy(memory, it->bytes, it->length);
	fxSetHostBuffer(the, the->stack, memory, (txSize)it->length);
	/* It is no ArrayBuffer of the heap: its length is a property of its own, as on the board. */
	fxNextIntegerProperty(the, the->stack->value.reference->next->next, (txInteger)it->length, fxID(the, "byteLength"), XS_DONT_DELETE_FLAG | XS_DONT_SET_FLAG);
	messageU4(&gResult, (txU4)hostRetain(the, the->stack));
	mxPop();
}

/* A copy of `bytes`, during a host function; `prototype` is that of a class that declares a destructor. The result is a reference. */
EXPORT(createHostBuffer) int createHostBuffer(txHostReference* prototype, const void* bytes, txU4 length)
{
	txBufferData data = { prototype, bytes, length };
	return hostTurn(prototype->machine, createBuffer, &data);
}

static txSlot* bufferOf(txHostReference* reference)
{
	txSlot* host = (reference->slot.kind == XS_REFERENCE_KIND) ? reference->slot.value.reference->next : C_NULL;
	if (host && (host->flag & XS_INTERNAL_FLAG) && (host->kind == XS_HOST_KIND) && (host->value.host.variant.destructor == bufferDestructor))
		return host;
	return C_NULL;
}

/* Where its bytes are; 0 for a detached buffer and for anything else. */
EXPORT(hostBufferAddress) txU4 hostBufferAddress(txHostReference* reference)
{
	txSlot* host = bufferOf(reference);
	return host ? (txU4)host->value.host.data : 0;
}

/* Takes the memory away. */
EXPORT(detachHostBuffer) void detachHostBuffer(txHostReference* reference)
{
	txSlot* host = bufferOf(reference);
	if (host && host->value.host.data) {
		c_free(host->value.host.data);
		host->value.host.data = C_NULL;
		host->next->value.bufferInfo.length = 0;
	}
}
