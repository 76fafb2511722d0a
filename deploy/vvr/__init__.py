"""Packages and deployments for Realtime Compute for Apache Flink, engine vvr-11.3-jdk11-flink-1.20."""
