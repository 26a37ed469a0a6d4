/*
 * What each side holds of the other: references keep a value of a machine alive for JavaScript, and host objects stand in a machine
 * for something of the host's.
 */
#include "thimble.h"

typedef struct { txU4 identifier; txU4 handle; } txHostObject;

txHostReference* hostRetain(txMachine* the, txSlot* slot)
{
	txHostReference* reference = c_calloc(1, sizeof(txHostReference));
	if (!reference)
		__builtin_trap();
	reference->slot.kind = slot->kind;
	reference->slot.value = slot->value;
	reference->machine = the;
	reference->next = the->references;
	if (the->references)
		the->references->previous = reference;
	the->references = reference;
	fxRemember(the, &reference->slot);
	return reference;
}

EXPORT(releaseReference) void releaseReference(txHostReference* reference)
{
	txMachine* the = reference->machine;
	fxForget(the, &reference->slot);
	if (reference->previous)
		reference->previous->next = reference->next;
	else
		the->references = reference->next;
	if (reference->next)
		reference->next->previous = reference->previous;
	c_free(reference);
}

void hostReleaseAll(txMachine* the)
{
	txHostReference* reference = the->references;
	while (reference) {
		txHostReference* next = reference->next;
		c_free(reference);
		reference = next;
	}
	the->references = C_NULL;
	the->cRoot = C_NULL;
}

/* Host objects */

void hostDestructor(void* data)
{
	txHostObject* object = data;
	if (object) {
		importDrop(object->identifier, object->handle);
		c_free(object);
	}
}

void* newHostObject(txMachine* the, txU4 handle)
{
	txHostObject* object = c_malloc(sizeof(txHostObject));
	if (!object)
		__builtin_trap();
	object->identifier = the->identifier;
	object->handle = handle;
	return object;
}

txU4 hostObjectHandle(txSlot* slot)
{
	if (slot->kind == XS_REFERENCE_KIND) {
		txSlot* host = slot->value.reference->next;
		if (host && (host->flag & XS_INTERNAL_FLAG) && (host->kind == XS_HOST_KIND)
			&& (host->value.host.variant.destructor == hostDestructor) && host->value.host.data)
			return ((txHostObject*)host->value.host.data)->handle;
	}
	return 0;
}
