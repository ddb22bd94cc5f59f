"""Records of a Kafka topic, accepted into an outbox once each, by the offset that the outbox keeps."""
